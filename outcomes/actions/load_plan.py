"""Bringing a plan file into the database: all of it or nothing, and nothing twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from django.db import models, transaction

from habitat_tracker.accounts.actions import create_office, record_activity
from habitat_tracker.accounts.changes import Changes, difference, snapshot
from habitat_tracker.accounts.country_file import load_countries
from habitat_tracker.accounts.models import Country, Office, User
from habitat_tracker.errors import DomainError
from plans.actions import add_period, revise_plan
from plans.choices import ALIGNED_THEMES, MandateKind, ThemeKind
from plans.models import Domain, Mandate, StrategicPlan, Theme

from ..choices import Confidence, Owner
from ..models import (
    Baseline,
    Category,
    Dimension,
    Indicator,
    Milestone,
    Outcome,
    RegionalStrategy,
    StrategyPriority,
    Target,
    ThemeLink,
    VerificationMeans,
)
from ..plan_file import Entry, Fault, PlanFileRefused
from .frameworks import FrameworkInput, set_indicator_frameworks
from .indicators import save_indicator, set_baseline, set_milestone, set_target
from .ledger import mark_plan_stale

Row = TypeVar("Row", bound=models.Model)


@dataclass
class Loaded:
    """What a load did: rows added and changed."""

    plan: StrategicPlan | None = None
    added: int = 0
    changed: int = 0

    @property
    def anything(self) -> bool:
        """Whether the file brought anything new."""
        return bool(self.added or self.changed)


@transaction.atomic
def load_plan(*, file: Entry, by: User | None = None, name: str = "plan file") -> Loaded:
    """Add what the file has and the database has not, and update what differs.

    Loading the same file again changes nothing. Rows that the file no longer has are kept.
    Raises `PlanFileRefused` where the file would change what is already reported on.
    """
    return _PlanLoader(file, by, name).load()


class _PlanLoader:
    """One load of one file."""

    def __init__(self, file: Entry, by: User | None, name: str) -> None:
        self.file = file
        self.by = by
        self.name = name
        self.done = Loaded()
        self.plan = StrategicPlan()
        self.written: list[tuple[models.Model, str, Changes]] = []

    def load(self) -> Loaded:
        """Part after part, each standing on the ones before it."""
        offices = self.offices()
        added, changed = load_countries(by=self.by)
        self.done.added += added
        self.done.changed += changed
        self.done.plan = self.plan = self.load_plan()
        self.plan_revisions()
        self.periods()
        self.legal_record()
        domains = self.domains()
        outcomes = self.outcomes(domains)
        self.themes(outcomes)
        self.strategies(offices, outcomes)
        self.indicators(domains, outcomes)
        self.framework_links(outcomes)
        self.record()
        if self.done.anything:
            record_activity(
                by=self.by,
                verb="loaded",
                targets=[self.plan],
                added=self.done.added,
                changed=self.done.changed,
            )
        return self.done

    def record(self) -> None:
        """An act for each row that the file itself wrote; actions record their own."""
        for verb in ("added", "changed"):
            written: dict[models.Model, Changes] = {}
            for row, done, changes in self.written:
                if done == verb:
                    written[row] = written.get(row, {}) | changes
            record_activity(
                by=self.by,
                verb=verb,
                targets=list(written),
                reason=self.name,
                changes=written,
            )

    def keep(self, model: type[Row], known: dict[str, Any], values: dict[str, Any]) -> Row:
        """The row of a key with these values; written only where something differs."""
        row = model._default_manager.filter(**known).first()
        if row is None:
            self.done.added += 1
            made = model._default_manager.create(**known, **values)
            self.written.append((made, "added", difference(None, made)))
            return made
        before = snapshot([row])
        different = [field for field, value in values.items() if getattr(row, field) != value]
        for field in different:
            setattr(row, field, values[field])
        if different:
            row.save(update_fields=different)
            self.done.changed += 1
            self.written.append((row, "changed", before.told([row])[row]))
        return row

    def refuse(self, line: int, reason: str) -> PlanFileRefused:
        """A refusal of the file for what the database holds."""
        return PlanFileRefused(self.name, [Fault(line, reason)])

    @contextmanager
    def told(self, line: int) -> Iterator[None]:
        """What an action refuses is told as a fault of the file, with its line."""
        try:
            yield
        except DomainError as error:
            raise self.refuse(line, error.message) from error

    def source(self, keys: Iterable[str]) -> str:
        """Sources in words: labels, with the paragraphs of one source drawn together."""
        places: dict[str, list[str]] = {}
        for key in keys:
            source, _, place = key.partition(":")
            places.setdefault(source, []).extend([place] if place else [])
        return "; ".join(
            self.file["sources"][source]["label"] + _passages(found)
            for source, found in places.items()
        )[:300]

    def sourced(self, entry: Entry) -> dict[str, Any]:
        """The fields of everything that states where it comes from."""
        return {
            "source": self.source(entry["source"]),
            "verification": entry["verification"],
            "note": entry["note"],
        }

    # The plan -----------------------------------------------------------------------------

    def offices(self) -> dict[str, Office]:
        """The offices, each below the one it names."""
        offices: dict[str, Office] = {office.code: office for office in Office.objects.all()}
        for entry in self.file["offices"]:
            note = " ".join(text for text in (entry["coverage"].get("en"), entry["note"]) if text)
            values = {
                "name": entry["titles"],
                "kind": entry["kind"],
                "seat": entry["seat"],
                "source": self.source(entry["source"])[:200],
                "verification": entry["verification"],
                "note": note,
            }
            code, parent = entry["code"], entry["parent"]
            if code not in offices:
                above = offices[parent] if parent else None
                offices[code] = create_office(
                    code=code, parent=above, by=self.by, reason=self.name, **values
                )
                self.done.added += 1
            else:
                offices[code] = self.keep(Office, {"code": code}, values)
        return offices

    def load_plan(self) -> StrategicPlan:
        """The plan and, by name only, its predecessor."""
        entry = self.file["plan"]
        predecessor = None
        if former := entry["predecessor"]:
            values = {
                "title": former["titles"],
                "source": self.source(former["source"]),
                "note": former["note"],
            }
            predecessor = self.keep(StrategicPlan, {"code": former["code"]}, values)
        sources = {
            key: {name: text for name, text in source.items() if text}
            for key, source in self.file["sources"].items()
        }
        return self.keep(
            StrategicPlan,
            {"code": entry["code"]},
            {
                "title": entry["titles"],
                "short_title": entry["short"],
                "vision": entry["vision"],
                "objective": entry["objective"],
                "predecessor": predecessor,
                **({"review_steps": entry["review_steps"]} if entry["review_steps"] else {}),
                "sources": sources,
                "source": self.source(entry["source"]),
                "note": entry["note"],
            },
        )

    def plan_revisions(self) -> None:
        """Each end that was decided, oldest first; only what differs from the last is added."""
        entry, settings = self.file["plan"], self.file["plan"]["settings"]
        wanted = [
            {
                "start": entry["start"],
                "end": end["end"],
                "due_days": settings["due_days"],
                "minimum_coverage": settings["minimum_coverage"],
                "on_track_at": settings["on_track"],
                "delayed_at": settings["delayed"],
                "decided_on": end["decided"],
                "decided_by": end["decision"],
                "source": self.source(end["source"]),
            }
            for end in entry["ends"]
        ]
        known = set(self.plan.revisions.values_list("end", flat=True))
        before = self.plan.revisions.count()
        for values in wanted:
            if values is wanted[-1] or values["end"] not in known:
                revise_plan(plan=self.plan, by=self.by, **values)
        added = self.plan.revisions.count() - before
        self.done.added += added
        if before and added:
            mark_plan_stale(self.plan)

    def periods(self) -> None:
        """New periods at the end; those that exist keep their due dates, which managers set."""
        held = {period.number: period for period in self.plan.periods.all()}
        line = self.file["plan"].line_of("periods")
        for declared in self.file["plan"]["periods"]:
            values = {
                "label": declared.label,
                "kind": declared.kind,
                "start": declared.start,
                "end": declared.end,
            }
            period = held.get(declared.number)
            if period is None:
                with self.told(line):
                    add_period(
                        plan=self.plan, due=declared.due, by=self.by, reason=self.name, **values
                    )
                self.done.added += 1
            elif any(getattr(period, name) != value for name, value in values.items()):
                reason = f"period {declared.number} is {period.label} already, not {declared.label}"
                raise self.refuse(line, reason)
        if held and len(self.file["plan"]["periods"]) > len(held):
            mark_plan_stale(self.plan)

    def legal_record(self) -> None:
        """Mandates, approvals with their extensions, and adaptations."""
        for section, kind in (
            ("mandates", MandateKind.MANDATE),
            ("approvals", MandateKind.APPROVAL),
            ("adaptations", MandateKind.ADAPTATION),
        ):
            for position, entry in enumerate(self.file[section]):
                is_extension = entry.get("act") == "extended"
                values = {
                    "date": entry["date"],
                    "body": entry.get("body", ""),
                    "text": entry["what"],
                    "position": position,
                    **self.sourced(entry),
                }
                known = {
                    "plan": self.plan,
                    "kind": MandateKind.EXTENSION if is_extension else kind,
                    "code": entry["code"],
                }
                self.keep(Mandate, known, values)

    def domains(self) -> dict[str, Domain]:
        """The domains of change by code."""
        return {
            entry["code"]: self.keep(
                Domain,
                {"plan": self.plan, "code": entry["code"]},
                {
                    "title": entry["titles"],
                    "priority": entry["priority"],
                    "position": position,
                    **self.sourced(entry),
                },
            )
            for position, entry in enumerate(self.file["domains"], start=1)
        }

    def outcomes(self, domains: dict[str, Domain]) -> dict[str, Outcome]:
        """The outcomes by code."""
        return {
            entry["code"]: self.keep(
                Outcome,
                {"plan": self.plan, "code": entry["code"]},
                {
                    "domain": domains[entry["domain"]],
                    "title": entry["titles"],
                    "short_title": entry["short"],
                    "position": position,
                    **self.sourced(entry),
                },
            )
            for position, entry in enumerate(self.file["outcomes"], start=1)
        }

    # Themes -------------------------------------------------------------------------------

    def themes(self, outcomes: dict[str, Outcome]) -> None:
        """Themes of all kinds with the outcomes they are linked to."""
        in_order = enumerate(self.file["themes"])
        # What is part of a framework stands on it.
        for position, entry in sorted(in_order, key=lambda one: bool(one[1]["part_of"])):
            theme = self.theme(
                entry["kind"], entry, position, entry["what"], part_of=entry["part_of"]
            )
            source = self.source(entry["source"])
            if theme.kind not in ALIGNED_THEMES:
                said = {"source": source, "confidence": "", "note": ""}
                self.links(theme, {outcomes[code]: said for code in entry["outcomes"]})
        for position, entry in enumerate(self.file["qcpr_alignments"]):
            note = entry["note"] or f"Matches domain {entry['domain']}; the pairing is ours."
            known = {**entry, "code": f"QCPR-{entry['domain']}", "note": note}
            self.theme(ThemeKind.INSTRUMENT, known, 100 + position, part_of="QCPR")
        for position, entry in enumerate(self.file["framework_targets"]):
            kind = ThemeKind.FRAMEWORK_TARGET
            self.theme(kind, entry, 200 + position, entry["what"], part_of=entry["framework"])
        former = self.file["plan"]["predecessor"]
        for position, entry in enumerate(former["subprogrammes"] if former else []):
            values = {"source": former["source"], "verification": former["verification"]}
            self.theme(ThemeKind.PREDECESSOR, {**entry, **values, "note": ""}, position)
        self.goals(outcomes)

    def theme(
        self,
        kind: str,
        entry: Any,
        position: int,
        text: dict[str, str] | None = None,
        part_of: str = "",
    ) -> Theme:
        """One theme; `part_of` is the code of its framework, which stands before it.

        What was renamed since (its version tells) is called as managers have set it.
        """
        framework = None
        if part_of:
            framework = Theme.objects.filter(plan=self.plan, code=part_of).frameworks().first()
        values = {
            "part_of": framework,
            "position": position,
            "launched": entry.get("launched", ""),
            **self.sourced(entry),
        }
        known = {"plan": self.plan, "kind": kind, "code": entry["code"]}
        if Theme.objects.filter(**known, version__gt=1).exists():
            del values["source"], values["verification"]
        else:
            values |= {"name": entry["titles"], "text": text or {}}
        return self.keep(Theme, known, values)

    def goals(self, outcomes: dict[str, Outcome]) -> None:
        """SDG indicators with their outcomes: as sure as the mapping, not as their wording."""
        for position, entry in enumerate(self.file["sdg_indicators"]):
            mapped = [
                alignment
                for alignment in self.file["sdg_alignments"]
                if alignment["indicator"] == entry["code"]
            ]
            sure = {alignment["verification"] for alignment in mapped}
            theme = self.theme(
                ThemeKind.SDG,
                {
                    **entry,
                    "source": [],
                    "verification": sure.pop() if len(sure) == 1 else entry["verification"],
                    "note": f"Wording of the global indicator framework: {entry['wording']}.",
                },
                position,
            )
            links = {
                outcomes[alignment["outcome"]]: {
                    "source": f"Mapping of ours, confidence {alignment['confidence']}: "
                    f"{alignment['basis']}",
                    "confidence": alignment["confidence"],
                    "note": "",
                }
                for alignment in mapped
            }
            self.links(theme, links)

    def framework_links(self, outcomes: dict[str, Outcome]) -> None:
        """What outcomes and indicators are aligned with: stated, matched by the QCPR, read by us.

        An indicator that has links keeps them as managers have set them.
        """
        of_outcomes: dict[str, dict[Outcome, dict[str, Any]]] = {}
        of_indicators: dict[str, dict[str, FrameworkInput]] = {}
        themes = {one.code: one for one in Theme.objects.filter(plan=self.plan).aligned()}
        sure = Confidence.values
        for alignment in sorted(
            self.file["sdg_alignments"], key=lambda one: sure.index(one["confidence"] or "low")
        ):
            code = f"SDG-{alignment['indicator'].rpartition('.')[0]}"
            outcome = outcomes[alignment["outcome"]]
            if code in themes and outcome not in of_outcomes.setdefault(code, {}):
                of_outcomes[code][outcome] = {
                    "source": f"Mapping of ours through indicator {alignment['indicator']}",
                    "confidence": alignment["confidence"],
                    "note": alignment["basis"],
                }
        for alignment in self.file["qcpr_alignments"]:
            for outcome in outcomes.values():
                if outcome.domain.code == alignment["domain"]:
                    said = {
                        "source": self.source(alignment["source"]),
                        "confidence": Confidence.HIGH.value,
                        "note": "The paragraph states the theme; the pairing is our reading.",
                    }
                    of_outcomes.setdefault(f"QCPR-{alignment['domain']}", {})[outcome] = said
        for entry in self.file["framework_links"]:
            source = self.source(entry["source"]) or "Our reading of the outcome's title"
            for code in entry["outcomes"]:
                of_outcomes.setdefault(entry["target"], {})[outcomes[code]] = {
                    "source": source,
                    "confidence": entry["confidence"],
                    "note": entry["basis"],
                }
            for code in entry["indicators"]:
                of_indicators.setdefault(code, {})[entry["target"]] = FrameworkInput(
                    entry["target"], source, entry["confidence"], entry["basis"]
                )
        for code, theme in themes.items():
            self.links(theme, of_outcomes.get(code, {}))
        held = Indicator.objects.filter(plan=self.plan, code__in=of_indicators)
        for indicator in held.filter(frameworks=None):
            links = list(of_indicators[indicator.code].values())
            set_indicator_frameworks(indicator=indicator, links=links, by=self.by, reason=self.name)
            self.done.added += len(links)

    def links(self, theme: Theme, wanted: dict[Outcome, dict[str, Any]]) -> None:
        """The theme serves these outcomes and no others."""
        for outcome, said in wanted.items():
            self.keep(ThemeLink, {"theme": theme, "outcome": outcome}, said)
        gone = theme.outcome_links.exclude(outcome__in=wanted).select_related("outcome")
        for link in gone:
            unlinked: Changes = {f"outcomes.{link.outcome.code}": ["yes", None]}
            self.written.append((theme, "changed", unlinked))
            link.delete()
            self.done.changed += 1

    def strategies(self, offices: dict[str, Office], outcomes: dict[str, Outcome]) -> None:
        """What regional offices set out to do under the plan.

        What an office has changed since (its version tells) stays as the office has it.
        """
        for entry in self.file["strategies"]:
            known = {"plan": self.plan, "office": offices[entry["office"]]}
            held = RegionalStrategy.objects.filter(**known).first()
            strategy = held
            if held is None or held.version == 1:
                first, last = entry["period"] or ("", "")
                values = {
                    "text": entry["titles"],
                    "start": date.fromisoformat(first) if first else None,
                    "end": date.fromisoformat(last) if last else None,
                    "quote": entry["quote"],
                    **self.sourced(entry),
                }
                strategy = self.keep(RegionalStrategy, known, values)
            assert strategy is not None
            if held is None:
                self.strategy_countries(strategy, entry)
            for position, priority in enumerate(entry["priorities"], start=1):
                self.priority(strategy, priority, position, outcomes)

    def strategy_countries(self, strategy: RegionalStrategy, entry: Entry) -> None:
        """The countries that the file names; none is all of the office."""
        found = {one.iso3: one for one in Country.objects.filter(iso3__in=entry["countries"])}
        for code in entry["countries"]:
            if code not in found:
                line = entry.line_of("countries")
                raise self.refuse(line, f"there is no country “{code}”")
        strategy.countries.set(found.values())
        if found:
            self.written.append((strategy, "changed", {"countries": [None, sorted(found)]}))

    def priority(
        self,
        strategy: RegionalStrategy,
        entry: Entry,
        position: int,
        outcomes: dict[str, Outcome],
    ) -> None:
        """One priority with the outcomes it serves, unless the office has changed it since."""
        known = {"strategy": strategy, "key": entry["code"]}
        held = StrategyPriority.objects.filter(**known).first()
        if held is not None and held.version > 1:
            return
        values = {
            "text": entry["titles"],
            "paragraph": str(entry["paragraph"] or ""),
            "quote": entry["quote"],
            **({} if held else {"position": position}),
            **self.sourced(entry),
        }
        row = self.keep(StrategyPriority, known, values)
        links = {one.outcome: one for one in row.outcome_links.select_related("outcome")}
        wanted = {outcomes[code]: entry["outcomes_verification"] for code in entry["outcomes"]}
        for outcome in {*links, *wanted}:
            link, verification = links.get(outcome), wanted.get(outcome)
            before = link.verification if link else None
            if before == verification:
                continue
            if link:
                link.delete()
            if verification:
                row.outcome_links.create(outcome=outcome, verification=verification)
            told: Changes = {f"outcomes.{outcome.code}": [before, verification]}
            self.written.append((row, "changed" if held else "added", told))
            self.done.changed += held is not None

    # Indicators ---------------------------------------------------------------------------

    def indicators(self, domains: dict[str, Domain], outcomes: dict[str, Outcome]) -> None:
        """Headlines first, then the indicators that feed them, with breakdowns and values."""
        entries = {entry["code"]: entry for entry in self.file["indicators"]}
        dimensions = {entry["code"]: entry for entry in self.file["dimensions"]}
        feeds: dict[str, Indicator] = {}
        for position, headline in enumerate(self.file["headlines"], start=1):
            model = entries[headline["feeds"][0]]
            values = {
                "owner": Owner.PLAN.value,
                "title": headline["titles"],
                "unit": model["unit"],
                "level": model["provenance"]["level"],
                "is_headline": True,
                "origin": model["provenance"]["origin"],
                "position": position,
                **self.sourced(headline),
            }
            row = self.indicator(headline, model["rule"], values, None)
            feeds.update(dict.fromkeys(headline["feeds"], row))
        for position, entry in enumerate(self.file["indicators"], start=100):
            provenance, owner = entry["provenance"], entry["owner"]
            kind = (
                Owner.OUTCOME.value
                if owner in outcomes
                else Owner.DOMAIN.value
                if owner in domains
                else owner
            )
            values = {
                "owner": kind,
                "outcome": outcomes.get(owner),
                "domain": domains.get(owner),
                "title": entry["titles"],
                "unit": entry["unit"],
                "level": provenance["level"],
                "method": entry["method"],
                **({"evidence_rule": entry["evidence"]} if entry["evidence"] else {}),
                "disaggregation_wanted": list(entry["disaggregation_wanted"]),
                "origin": provenance["origin"],
                "position": position,
                "source": self.source(provenance["source"]),
                "verification": provenance["verification"],
                "note": entry["note"],
            }
            row = self.indicator(entry, entry["rule"], values, feeds.get(entry["code"]))
            wanted = [dimensions[code] for code in entry["dimensions"]]
            self.breakdowns(row, wanted)
            self.fixed_values(row, entry)
            self.means_of_verification(row, entry["means_of_verification"])

    def means_of_verification(self, row: Indicator, texts: list[str]) -> None:
        """Adds those that are new; which are asked for now stays as managers have set it."""
        for position, text in enumerate(texts):
            means, added = VerificationMeans.objects.get_or_create(
                indicator=row, text=text, defaults={"position": position}
            )
            if added:
                self.done.added += 1
                self.written.append((means, "added", difference(None, means)))

    def indicator(
        self, entry: Entry, rule: Entry, values: dict[str, Any], feeds: Indicator | None
    ) -> Indicator:
        """One indicator with its rules, stored only where something differs.

        Where the file does not say what it counts from, that stays as managers have set it. What
        a result holds (kind, things) cannot change once somebody is to report it.
        """
        held = Indicator.objects.filter(plan=self.plan, code=entry["code"]).first()
        wanted = {
            **values,
            "kind": rule["kind"],
            "thing_kind": rule["things"],
            "over_time": rule["over_time"],
            "across": rule["across"],
            "direction": rule["direction"],
            "frequency": rule["frequency"],
            "feeds_id": feeds.pk if feeds else None,
            "decimals": rule["decimals"],
            "allow_negative": rule["allow_negative"],
        }
        if rule["counts_from"] and not values.get("is_headline"):
            wanted["counts_from"] = rule["counts_from"]
        row = held or Indicator(plan=self.plan, code=entry["code"])
        different = {name for name, value in wanted.items() if getattr(row, name) != value}
        if held and not different:
            return held
        if held and "thing_kind" in different and held.contributors.exists():
            reason = f"“{held.code}” is reported on: what it counts cannot change"
            raise self.refuse(rule.line, reason)
        for name, value in wanted.items():
            setattr(row, name, value)
        with self.told(rule.line):
            save_indicator(indicator=row, by=self.by)
        self.done.changed += bool(held)
        self.done.added += not held
        return row

    def breakdowns(self, row: Indicator, wanted: list[Entry]) -> None:
        """Dimensions and categories; those that have gone from the file are kept."""
        for position, entry in enumerate(wanted):
            dimension = self.keep(
                Dimension,
                {"indicator": row, "code": entry["code"]},
                {"name": entry["titles"], "additive": entry["additive"], "position": position},
            )
            for place, category in enumerate(entry["categories"]):
                self.keep(
                    Category,
                    {"indicator": row, "code": category["code"]},
                    {"dimension": dimension, "name": category["titles"], "position": place},
                )

    def fixed_values(self, row: Indicator, entry: Entry) -> None:
        """Published baseline, target and milestones of the plan; none given leaves what is held."""
        given: list[tuple[Callable[..., Any], Any, Entry | None]] = [
            (set_baseline, Baseline, entry["baseline"]),
            *((set_milestone, Milestone, value) for value in entry["milestones"]),
            (set_target, Target, entry["target"]),
        ]
        for action, model, value in given:
            if value is None:
                continue
            before = model.objects.filter(indicator=row).count()
            with self.told(value.line):
                action(
                    indicator=row,
                    value=value["value"],
                    on=value["date"],
                    by=self.by,
                    source=self.source(value["source"]),
                    verification=value["verification"],
                )
            self.done.added += model.objects.filter(indicator=row).count() - before


def _passages(places: list[str]) -> str:
    """Paragraphs and footnotes of one source: `, paras. 20, 22 and note 7`."""
    paragraphs = [place for place in places if place[:1].isdigit()]
    notes = [place.removeprefix("fn") for place in places if place.startswith("fn")]
    many = len(paragraphs) > 1 or any("-" in place for place in paragraphs)
    said = ""
    if paragraphs:
        said = f", {'paras.' if many else 'para.'} {', '.join(paragraphs)}"
    if notes:
        said += f", note {', '.join(notes)}"
    return said
