"""What the demonstration's projects are called and where they work; none of them exists."""

from __future__ import annotations

SYNTHETIC = {
    "en": "Synthetic data for demonstration. There is no such project.",
    "zh": "演示用的合成数据，并无此项目。",
}
SOURCE = "Demonstration data"

# Country -> its cities, as (English, Chinese). The office is that of the country.
PLACES: dict[str, list[tuple[str, str]]] = {
    "KEN": [("Nairobi", "内罗毕"), ("Mombasa", "蒙巴萨"), ("Kisumu", "基苏木")],
    "ETH": [("Addis Ababa", "亚的斯亚贝巴"), ("Hawassa", "阿瓦萨")],
    "NGA": [("Lagos", "拉各斯"), ("Abuja", "阿布贾"), ("Kano", "卡诺")],
    "MOZ": [("Maputo", "马普托"), ("Beira", "贝拉")],
    "SEN": [("Dakar", "达喀尔"), ("Thiès", "捷斯")],
    "RWA": [("Kigali", "基加利"), ("Musanze", "穆桑泽")],
    "EGY": [("Cairo", "开罗"), ("Alexandria", "亚历山大"), ("Luxor", "卢克索")],
    "JOR": [("Amman", "安曼"), ("Irbid", "伊尔比德")],
    "TUN": [("Tunis", "突尼斯"), ("Sfax", "斯法克斯")],
    "MAR": [("Rabat", "拉巴特"), ("Fez", "非斯")],
    "IRQ": [("Mosul", "摩苏尔"), ("Basra", "巴士拉")],
    "PHL": [("Manila", "马尼拉"), ("Cebu", "宿务"), ("Davao", "达沃")],
    "NPL": [("Kathmandu", "加德满都"), ("Pokhara", "博卡拉")],
    "BGD": [("Dhaka", "达卡"), ("Khulna", "库尔纳")],
    "VNM": [("Hanoi", "河内"), ("Da Nang", "岘港")],
    "FJI": [("Suva", "苏瓦"), ("Lautoka", "劳托卡")],
    "COL": [("Bogotá", "波哥大"), ("Medellín", "麦德林"), ("Cali", "卡利")],
    "MEX": [("Guadalajara", "瓜达拉哈拉"), ("Mérida", "梅里达")],
    "BRA": [("Recife", "累西腓"), ("Belém", "贝伦")],
    "BOL": [("La Paz", "拉巴斯"), ("Cochabamba", "科恰班巴")],
    "ECU": [("Quito", "基多"), ("Cuenca", "昆卡")],
    "KAZ": [("Almaty", "阿拉木图"), ("Astana", "阿斯塔纳")],
    "SRB": [("Belgrade", "贝尔格莱德"), ("Niš", "尼什")],
    "UZB": [("Tashkent", "塔什干"), ("Samarkand", "撒马尔罕")],
}

# A city that some reports call by another name; the two are merged, so that it counts once.
OTHER_NAMES = {"nairobi": ("nairobi-city-county", {"en": "Nairobi City County", "zh": "内罗毕市"})}

# Country offices that only the demonstration has.
COUNTRY_OFFICES = ("KEN", "MOZ", "EGY", "IRQ", "PHL", "BGD", "COL", "MEX")

# Outcome -> what projects under it are about, as (English, Chinese).
SUBJECTS: dict[str, list[tuple[str, str]]] = {
    "1.1": [("Safe public spaces", "安全公共空间"), ("Basic services for all", "人人享有基本服务")],
    "1.2": [("Land and tenure records", "土地和权属登记"), ("Affordable housing", "经济适用住房")],
    "1.3": [
        ("Neighbourhood regeneration", "街区更新"),
        ("Planned city extensions", "规划性城市扩展"),
    ],
    "2.1": [
        ("Links between town and country", "城乡联系"),
        ("Metropolitan planning", "都市区规划"),
    ],
    "2.2": [("Own revenue of cities", "城市自有收入"), ("Municipal finance", "市政财政")],
    "2.3": [
        ("People-centred smart cities", "以人为本的智慧城市"),
        ("Open city data", "开放城市数据"),
    ],
    "3.1": [("Low-emission transport", "低排放交通"), ("Cleaner air", "清洁空气")],
    "3.2": [("Waste and river clean-up", "废物与河流治理"), ("Urban ecosystems", "城市生态系统")],
    "3.3": [("Flood-ready settlements", "防洪住区"), ("Local climate adaptation", "地方气候适应")],
    "4.1": [("Inclusive communities", "包容性社区"), ("Youth in city life", "青年参与城市生活")],
    "4.2": [
        ("Settlements for displaced people", "流离失所者住区"),
        ("Return and recovery", "回返与恢复"),
    ],
    "4.3": [("Resilient infrastructure", "有韧性的基础设施"), ("Urban recovery", "城市恢复")],
}
OTHER_SUBJECTS = [("Sustainable urban development", "可持续城市发展")]

# What one of the things that an indicator counts is called.
NOUNS = {
    "assessment": "common country assessment",
    "event": "workshop",
    "lab": "innovation lab",
    "partner": "partner",
    "plan": "city plan",
    "policy": "policy",
    "programme": "flagship programme",
    "proposal": "project proposal",
    "publication": "publication",
    "recommendation": "recommendation",
    "strategy": "strategy",
    "technical_material": "technical guide",
    "tool": "guideline",
}

# Kind of deliverable -> what one is called.
DELIVERED = {
    "publication": ("Report", "Policy brief", "Atlas", "Case study"),
    "technical_material": ("Technical guide", "Toolkit", "Training manual"),
    "event": ("Workshop", "Seminar", "Training"),
    "field_project": ("Pilot", "Works"),
}

NARRATIVES = {
    "en": [
        "Synthetic text: work went as planned in {place}; {period} closed without delay.",
        "Synthetic text: the counterpart in {place} signed off the count for {period}.",
        "Synthetic text: heavy rains in {place} slowed the field work in {period}.",
    ],
    "fr": ["Texte synthétique : les travaux à {place} ont suivi le plan au cours de {period}."],
    "es": ["Texto sintético: el trabajo en {place} siguió el plan en {period}."],
}
LANGUAGE_OF = {"SEN": "fr", "TUN": "fr", "MAR": "fr", "COL": "es", "MEX": "es", "ECU": "es"}

RETURN_REASONS = (
    "The total differs from the attendance list; please check.",
    "Please add the council decision as evidence.",
    "This looks like the running total, not the quarter's delivery.",
)
CORRECTION = "Correction: the field office sent the final count."
CORRECTION_REASON = "The count that was approved was preliminary."
WITHDRAWAL = "Counted by another project; withdrawn so that it is not counted twice."
