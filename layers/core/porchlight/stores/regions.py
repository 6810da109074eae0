"""States and provinces as stores print them: a code (``CA``, ``US-CA``, ``JP13``), or in some the name (``Ohio``).

What comes out is the part of the ISO 3166-2 code after the country. Nothing is guessed: where states are listed here
(those of countries with several clocks that stores sell to most), what is not in the list is no state.
"""

import re
from typing import Any

from porchlight.bodies import clean


def _listed(text: str) -> dict[str, str]:
    """Name (lower case) → code, and each code by itself."""
    pairs = [entry.split("=") for entry in text.split("|")]
    return {name.lower(): code for code, name in pairs} | {code.lower(): code for code, _ in pairs}


_LISTED = {
    "US": _listed(
        "AL=Alabama|AK=Alaska|AZ=Arizona|AR=Arkansas|CA=California|CO=Colorado|CT=Connecticut|DE=Delaware|"
        "DC=District of Columbia|FL=Florida|GA=Georgia|HI=Hawaii|ID=Idaho|IL=Illinois|IN=Indiana|IA=Iowa|KS=Kansas|"
        "KY=Kentucky|LA=Louisiana|ME=Maine|MD=Maryland|MA=Massachusetts|MI=Michigan|MN=Minnesota|MS=Mississippi|"
        "MO=Missouri|MT=Montana|NE=Nebraska|NV=Nevada|NH=New Hampshire|NJ=New Jersey|NM=New Mexico|NY=New York|"
        "NC=North Carolina|ND=North Dakota|OH=Ohio|OK=Oklahoma|OR=Oregon|PA=Pennsylvania|RI=Rhode Island|"
        "SC=South Carolina|SD=South Dakota|TN=Tennessee|TX=Texas|UT=Utah|VT=Vermont|VA=Virginia|WA=Washington|"
        "WV=West Virginia|WI=Wisconsin|WY=Wyoming|PR=Puerto Rico|GU=Guam|VI=Virgin Islands|AS=American Samoa|"
        "MP=Northern Mariana Islands"
    ),
    "CA": _listed(
        "AB=Alberta|BC=British Columbia|MB=Manitoba|NB=New Brunswick|NL=Newfoundland and Labrador|"
        "NS=Nova Scotia|NT=Northwest Territories|NU=Nunavut|ON=Ontario|PE=Prince Edward Island|QC=Quebec|"
        "SK=Saskatchewan|YT=Yukon|QC=Québec|YT=Yukon Territory|NL=Newfoundland"
    ),
    "AU": _listed(
        "ACT=Australian Capital Territory|NSW=New South Wales|NT=Northern Territory|QLD=Queensland|"
        "SA=South Australia|TAS=Tasmania|VIC=Victoria|WA=Western Australia"
    ),
}
_CODE = re.compile(r"[A-Z0-9]{1,3}")


def region(country: str, value: Any) -> str | None:
    """The state of an address in ``country`` (ISO 3166-1 alpha-2, upper case); None where it is not a known code."""
    text = " ".join(clean(value, 60).split())
    listed = _LISTED.get(country)
    if listed:
        text = text.removeprefix(f"{country}-")
        return listed.get(text.lower())
    code = text.upper()
    if len(code) > 3:
        code = code.removeprefix(country).removeprefix("-")
    return code if country and _CODE.fullmatch(code) else None
