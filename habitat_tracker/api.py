"""The one router: every endpoint of the API, `/api/v1/`."""

from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import SimpleRouter

from habitat_tracker.accounts.api import (
    CountryViewSet,
    OfficeViewSet,
    SignIn,
    SignOut,
    SignOutEverywhere,
)
from outcomes.api import (
    CountryRecordViewSet,
    FrameworkViewSet,
    IndicatorViewSet,
    OutcomeViewSet,
    RegionalStrategyViewSet,
)
from plans.api import DomainViewSet, PeriodViewSet, PlanViewSet, ThemeViewSet
from projects.api import (
    AgreementViewSet,
    AppraisalViewSet,
    ChecklistViewSet,
    CityViewSet,
    ConditionViewSet,
    CoreBudgetViewSet,
    DeferralViewSet,
    DelegationViewSet,
    DeliverableViewSet,
    DocumentViewSet,
    ExchangeRateViewSet,
    ExpectedIncomeViewSet,
    LabViewSet,
    LateEntryViewSet,
    LessonViewSet,
    LifeViewSet,
    MeetingViewSet,
    PartnerContributionViewSet,
    PartnerFeedbackViewSet,
    PartnerViewSet,
    ProductApplicationViewSet,
    ProjectViewSet,
    ResultViewSet,
    RiskViewSet,
    SavedViewViewSet,
    StoryViewSet,
    ToolViewSet,
    TransactionViewSet,
)
from reporting.api import (
    ActivityViewSet,
    AnalysisViewSet,
    FigureViewSet,
    FlagshipViewSet,
    HistoryViewSet,
    MoneyViewSet,
    RegionViewSet,
)

app_name = "api"

IN_PLAN = r"plans/(?P<plan>[^/\x00]+)"

router = SimpleRouter()
router.register("offices", OfficeViewSet, "office")
router.register("countries", CountryViewSet, "country")
router.register("exchange-rates", ExchangeRateViewSet, "exchange-rate")
router.register("plans", PlanViewSet, "plan")
router.register(f"{IN_PLAN}/domains", DomainViewSet, "domain")
router.register(f"{IN_PLAN}/outcomes", OutcomeViewSet, "outcome")
router.register(f"{IN_PLAN}/indicators", IndicatorViewSet, "indicator")
router.register(f"{IN_PLAN}/strategies", RegionalStrategyViewSet, "strategy")
router.register(f"{IN_PLAN}/regions", RegionViewSet, "region")
router.register(f"{IN_PLAN}/flagships", FlagshipViewSet, "flagship")
router.register(f"{IN_PLAN}/frameworks", FrameworkViewSet, "framework")
router.register(f"{IN_PLAN}/country-records", CountryRecordViewSet, "country-record")
router.register(f"{IN_PLAN}/periods", PeriodViewSet, "period")
router.register(f"{IN_PLAN}/themes", ThemeViewSet, "theme")
router.register(f"{IN_PLAN}/projects", ProjectViewSet, "project")
router.register(f"{IN_PLAN}/projects", LifeViewSet, "life")
router.register(f"{IN_PLAN}/documents", DocumentViewSet, "document")
router.register(f"{IN_PLAN}/appraisals", AppraisalViewSet, "appraisal")
router.register(f"{IN_PLAN}/conditions", ConditionViewSet, "condition")
router.register(f"{IN_PLAN}/delegations", DelegationViewSet, "delegation")
router.register(f"{IN_PLAN}/meetings", MeetingViewSet, "meeting")
router.register(f"{IN_PLAN}/stories", StoryViewSet, "story")
router.register(f"{IN_PLAN}/labs", LabViewSet, "lab")
router.register(f"{IN_PLAN}/risks", RiskViewSet, "risk")
router.register(f"{IN_PLAN}/partner-feedback", PartnerFeedbackViewSet, "partner-feedback")
router.register(f"{IN_PLAN}/lessons", LessonViewSet, "lesson")
router.register(f"{IN_PLAN}/deliverables", DeliverableViewSet, "deliverable")
router.register(f"{IN_PLAN}/cities", CityViewSet, "city")
router.register(f"{IN_PLAN}/product-applications", ProductApplicationViewSet, "product-application")
router.register(f"{IN_PLAN}/partners", PartnerViewSet, "partner")
router.register(f"{IN_PLAN}/agreements", AgreementViewSet, "agreement")
router.register(
    f"{IN_PLAN}/partner-contributions", PartnerContributionViewSet, "partner-contribution"
)
router.register(f"{IN_PLAN}/results", ResultViewSet, "result")
router.register(f"{IN_PLAN}/late-entries", LateEntryViewSet, "late-entry")
router.register(f"{IN_PLAN}/saved-views", SavedViewViewSet, "saved-view")
router.register(f"{IN_PLAN}/transactions", TransactionViewSet, "transaction")
router.register(f"{IN_PLAN}/about-projects", AnalysisViewSet, "about-projects")
router.register(f"{IN_PLAN}/tools", ToolViewSet, "tool")
router.register(f"{IN_PLAN}/money", MoneyViewSet, "money")
router.register(f"{IN_PLAN}/core-budgets", CoreBudgetViewSet, "core-budget")
router.register(f"{IN_PLAN}/expected-income", ExpectedIncomeViewSet, "expected-income")
router.register(f"{IN_PLAN}/deferrals", DeferralViewSet, "deferral")
router.register(f"{IN_PLAN}/figures", FigureViewSet, "figure")
router.register(f"{IN_PLAN}/activity", ActivityViewSet, "activity")
router.register(
    f"{IN_PLAN}/history/(?P<kind>[a-z]+)/(?P<key>\\d{{1,18}})", HistoryViewSet, "history"
)


class Docs(SpectacularSwaggerSplitView):
    """The schema to read and try; its script and style are files of ours, as the CSP asks."""

    url_name = "api:schema"
    template_name = "api/docs.html"


CHECKLIST = ChecklistViewSet.as_view({"get": "list", "put": "replace"})

urlpatterns = [
    path("", login_not_required(RedirectView.as_view(pattern_name="api:docs"))),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", Docs.as_view(), name="docs"),
    path("auth/login/", SignIn.as_view(), name="login"),
    path("auth/logout/", SignOut.as_view(), name="logout"),
    path("auth/logoutall/", SignOutEverywhere.as_view(), name="logoutall"),
    path("plans/<str:plan>/checklist/", CHECKLIST, name="checklist"),
    path("", include(router.urls)),
]
