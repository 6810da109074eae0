"""docs/carriers.md is put together from the pages in docs/carriers/: `python -m local.setup.carriers_page`.

The third line of a page is its row in the overview; whose it is (a carrier's or a store's) the registries say. A page
that no registry knows yet stands with the carriers, where `porchlight new carrier` will want it.
"""

from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
HEAD = "| id | proof | push | asked | codes mapped / known | known gaps |\n|---|---|---|---|---|---|"


def overview(text: str, docs: Path = DOCS) -> str:
    """The overview with the tables made anew."""
    from porchlight.stores.registry import store_ids

    rows: dict[bool, list[str]] = {True: [], False: []}
    for page in sorted((docs / "carriers").glob("*.md")):
        source, row = page.stem, page.read_text(encoding="utf-8").splitlines()[2]
        if not row.startswith(f"| `{source}` |"):
            raise ValueError(f"the third line of {page.name} is not its row")
        rows[source in store_ids()].append(row.replace(f"`{source}`", f"[`{source}`](carriers/{page.name})", 1))
    for is_store, name in ((False, "carriers"), (True, "stores")):
        begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
        before, rest = text.split(begin)
        text = f"{before}{begin}\n{'\n'.join([HEAD, *rows[is_store]])}\n{end}{rest.split(end)[1]}"
    return text


def write(docs: Path = DOCS) -> None:
    """Write docs/carriers.md anew."""
    page = docs / "carriers.md"
    page.write_text(overview(page.read_text(encoding="utf-8"), docs), encoding="utf-8")


if __name__ == "__main__":
    write()
