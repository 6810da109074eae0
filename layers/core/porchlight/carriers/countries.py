"""The ISO 3166-1 alpha-2 code of a country that a carrier writes otherwise: ``DEU``, ``Germany``, ``Deutschland``.

A place's country decides its clock, so nothing is guessed: what is not here is no country.
"""

_LIKE_THEIR_SHORT = frozenset(
    (
        "AFG AIA ALB ARG ASM AUS AZE BEL BFA BGR BHR BLM BMU BOL BRA BTN BVT BWA CAN CCK CHE CIV CMR COL CRI CUB "
        "CXR CYP CZE DEU DJI DMA DOM DZA ECU EGY ERI ESP ETH FIN FJI FRA GAB GBR GEO GGY GHA GIB GMB GRC GTM GUM "
        "HKG HMD HND HRV HTI HUN IDN IMN IND IOT IRN ISL ITA JEY JOR JPN KEN KGZ KHM KIR KNA KWT LAO LBN LCA LIE "
        "LKA LSO LTU LUX LVA MAR MCO MDA MHL MKD MLI MMR MNG MRT MSR MUS MWI MYS NAM NCL NER NFK NGA NIC NLD NOR "
        "NPL NRU NZL OMN PAN PER PHL PRI PSE QAT REU ROU RUS RWA SAU SDN SGP SHN SJM SLE SMR SOM SSD STP SXM SYR "
        "TCA TGO THA TJK TKL TLS TON TTO TWN TZA UGA UMI USA UZB VAT VCT VEN VGB VIR VNM VUT WSM YEM ZAF ZMB ZWE"
    ).split()
)
"""Three-letter codes that begin with the two-letter one."""

_OTHERS = dict(
    pair.split("=")
    for pair in (
        "ABW=AW AGO=AO ALA=AX AND=AD ARE=AE ARM=AM ATA=AQ ATF=TF ATG=AG AUT=AT BDI=BI BEN=BJ BES=BQ BGD=BD BHS=BS "
        "BIH=BA BLR=BY BLZ=BZ BRB=BB BRN=BN CAF=CF CHL=CL CHN=CN COD=CD COG=CG COK=CK COM=KM CPV=CV CUW=CW CYM=KY "
        "DNK=DK ESH=EH EST=EE FLK=FK FRO=FO FSM=FM GIN=GN GLP=GP GNB=GW GNQ=GQ GRD=GD GRL=GL GUF=GF GUY=GY IRL=IE "
        "IRQ=IQ ISR=IL JAM=JM KAZ=KZ KOR=KR LBR=LR LBY=LY MAC=MO MAF=MF MDG=MG MDV=MV MEX=MX MLT=MT MNE=ME MNP=MP "
        "MOZ=MZ MTQ=MQ MYT=YT NIU=NU PAK=PK PCN=PN PLW=PW PNG=PG POL=PL PRK=KP PRT=PT PRY=PY PYF=PF SEN=SN SGS=GS "
        "SLB=SB SLV=SV SPM=PM SRB=RS SUR=SR SVK=SK SVN=SI SWE=SE SWZ=SZ SYC=SC TCD=TD TKM=TM TUN=TN TUR=TR TUV=TV "
        "UKR=UA URY=UY WLF=WF"
    ).split()
)

_NAMES = {
    name: code
    for code, names in {
        "AE": "united arab emirates|vereinigte arabische emirate",
        "AT": "austria|österreich",
        "AU": "australia|australien",
        "BE": "belgium|belgien",
        "BG": "bulgaria|bulgarien",
        "BR": "brazil|brasilien",
        "CA": "canada|kanada",
        "CH": "switzerland|schweiz",
        "CN": "china|china, people's republic|china, peoples republic",
        "CZ": "czech republic|czech republic, the|czechia|tschechien",
        "DE": "germany|deutschland",
        "DK": "denmark|dänemark",
        "EE": "estonia|estland",
        "ES": "spain|spanien",
        "FI": "finland|finnland",
        "FR": "france|frankreich",
        "GB": "united kingdom|great britain|vereinigtes königreich|großbritannien",
        "GR": "greece|griechenland",
        "HK": "hong kong|hong kong sar, china|hongkong",
        "HR": "croatia|kroatien",
        "HU": "hungary|ungarn",
        "IE": "ireland|ireland, republic of|irland",
        "IL": "israel",
        "IN": "india|indien",
        "IT": "italy|italien",
        "JP": "japan",
        "KR": "korea, republic of|south korea|südkorea",
        "LT": "lithuania|litauen",
        "LU": "luxembourg|luxemburg",
        "LV": "latvia|lettland",
        "MX": "mexico|mexiko",
        "MY": "malaysia",
        "NL": "netherlands|netherlands, the|niederlande",
        "NO": "norway|norwegen",
        "NZ": "new zealand|neuseeland",
        "PH": "philippines|philippinen",
        "PL": "poland|polen|polska",
        "PT": "portugal",
        "RO": "romania|rumänien",
        "SE": "sweden|schweden",
        "SG": "singapore|singapur",
        "SI": "slovenia|slowenien",
        "SK": "slovakia|slowakei",
        "TH": "thailand",
        "TR": "turkey|türkiye|türkei",
        "TW": "taiwan",
        "UA": "ukraine",
        "US": "united states|united states of america|usa|vereinigte staaten",
        "VN": "vietnam",
        "ZA": "south africa|südafrika",
    }.items()
    for name in names.split("|")
}


def country_code(text: str) -> str | None:
    """``DE`` for ``DE``, ``DEU``, ``Germany`` or ``Deutschland``; None for anything else."""
    name = text.strip()
    if len(name) == 2 and name.isascii() and name.isalpha():
        return name.upper()
    short = name.upper()
    if short in _LIKE_THEIR_SHORT:
        return short[:2]
    return _OTHERS.get(short) or _NAMES.get(name.casefold())
