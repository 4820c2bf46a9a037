"""The page to hand over: what it says, in which language, and how it looks in a browser."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from typer.testing import CliRunner

from browser import needs_chromium, overflows, sheets
from critmin import brief, fair_price, forecast
from critmin.briefs.facts import _money as money_of
from critmin.briefs.facts import _suppliers as suppliers_of
from critmin.briefs.page import Brief
from critmin.briefs.words import words_of
from critmin.cli import app
from critmin.contracts import Collar, Fixed, Offtake
from critmin.exceptions import CritminError, UnknownNameError
from critmin.internal.tables import significant
from critmin.mineral import registry
from critmin.results.request import Request

VOID = {"meta", "br", "img", "link", "hr", "input", "path", "use", "rect", "circle"}


@pytest.fixture(scope="module")
def gallium() -> Brief:
    return brief("gallium", "JPN")


@pytest.fixture(scope="module")
def japanese() -> Brief:
    return brief("nickel", lang="ja")


class Outline(HTMLParser):
    """Headings, alternative texts, addresses, and whether every tag is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.headings, self.labels, self.addresses, self.open = [], [], [], []

    def handle_starttag(self, tag, attrs):
        known = dict(attrs)
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "figure":
            self.labels.append(known.get("aria-label", ""))
        self.addresses += [v for k, v in attrs if k in ("src", "href", "xlink:href") and v]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()


def outline(page: str) -> Outline:
    found = Outline()
    found.feed(page)
    assert found.open == []
    return found


def test_a_commodity_that_stands_in_is_named() -> None:
    page = brief("dysprosium", "USA", horizon=3)
    assert page.facts["producers"]["counted"] == "rare_earths"
    assert "shares are those of rare earths" in page.to_html()


def test_a_buyer_without_imports_is_no_mineral_without_a_code(gallium) -> None:
    bought = suppliers_of(forecast("cobalt", 1).exposure("Zambia"))
    page = replace(gallium, facts={**gallium.facts, "suppliers": bought}).to_html()
    assert "No imports on record in 2024, HS 282200" in page
    assert "No customs code" not in page
    assert "No customs code" in gallium.to_html()


@pytest.mark.parametrize(
    ("unit", "mass"), [("kg of oxide", "kg Nd2O3"), ("kg", "kg Nd"), ("quoted", "kg")]
)
def test_a_price_names_the_form_that_it_is_of(unit, mass) -> None:
    found = SimpleNamespace(
        price=SimpleNamespace(mineral="neodymium"), exposure=SimpleNamespace(currency="JPY")
    )
    assert money_of(found, Request.of(horizon=1, unit=unit))["mass"] == mass  # type: ignore[arg-type]


def test_it_says_what_the_results_say(gallium) -> None:
    price = fair_price("gallium", 10, unit="quoted", currency="JPY")
    for told in gallium.facts["prices"]:
        for at in told["at"]:
            draws = price.draws[told["name"]].sel(year=at["year"])
            np.testing.assert_allclose(at["median"], np.median(draws))
            np.testing.assert_allclose([at["low"], at["high"]], np.quantile(draws, [0.05, 0.95]))
    assert [told["name"] for told in gallium.facts["prices"]][:2] == ["market_price", "fair_price"]
    np.testing.assert_allclose(sum(gallium.facts["cost"]["parts"].values()), 1)
    control = gallium.facts["scenarios"][0]
    assert (control["name"], control["country"]) == ("control", "CHN")
    assert control["market"]["median"] > 1.1
    np.testing.assert_allclose(control["fair"]["median"], 1)
    corridor = gallium.facts["corridor"]
    assert corridor["floor"] < corridor["cap"]
    assert corridor["floor"] * (1 - 1e-9) <= corridor["paid"]["low"]
    assert corridor["paid"]["high"] <= corridor["cap"] * (1 + 1e-9)
    json.loads(gallium.to_json())


def test_the_corridor_says_who_gains_by_it(gallium) -> None:
    corridor = gallium.facts["corridor"]
    deal = Offtake(
        "gallium",
        1,
        corridor["first"],
        corridor["last"] - corridor["first"] + 1,
        Collar(corridor["floor"], corridor["cap"]),
        unit="quoted",
        currency="JPY",
        basis="real",
    )

    def careful(money):
        return money.mean() / 2 + np.sort(money)[: len(money) // 10].mean() / 2

    def gains(each):
        value = each.value()
        market = value.draws["spot_value"].values
        return {
            side: careful(sign * market + value.npv(side)) - careful(sign * market)
            for side, sign in (("seller", 1), ("buyer", -1))
        }

    for side, gain in gains(deal).items():
        np.testing.assert_allclose(corridor["gains"][side], gain)
    low, high = corridor["fixed"]
    for price in (1.001 * low, 0.999 * high):
        assert min(gains(replace(deal, price=Fixed(price))).values()) > 0
    for price in (0.999 * low, 1.001 * high):
        assert min(gains(replace(deal, price=Fixed(price))).values()) < 0
    page = gallium.to_html()
    assert significant(low) in page
    assert significant(high) in page
    words = words_of("en")
    told = "both" if min(corridor["gains"].values()) > 0 else "buyer"
    assert words(f"corridor_{told}") in page


def test_importers_pay_where_customs_say_so(gallium, japanese) -> None:
    customs, quoted = "paid by importers on average", "輸入者が平均して払う価格"
    assert customs in gallium.to_html()
    assert quoted not in japanese.to_html()


def test_the_page_stands_alone_and_can_be_read_by_ear(gallium) -> None:
    found = outline(gallium.to_html())
    assert all(address.startswith("#") for address in found.addresses)
    assert found.headings[0] == 1
    assert found.headings.count(1) == 1
    assert set(found.headings[1:]) == {2}
    assert len(found.labels) == 2
    assert all(len(label) > 60 for label in found.labels)
    page = gallium.to_html()
    assert page.count("<th ") == len(re.findall(r'<th scope="(?:row|col)"', page))
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert "http" not in re.sub(r'xmlns(:xlink)?="[^"]*"', "", page).split("<footer>")[0]


def test_colours_stand_out_from_the_paper(gallium) -> None:
    """Words of 4.5 to 1 at least, in both themes (WCAG 2.2, 1.4.3)."""

    def luminance(code: str) -> float:
        code = "".join(2 * c for c in code) if len(code) == 3 else code
        parts = np.array([int(code[i : i + 2], 16) / 255 for i in (0, 2, 4)])
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    themes = re.findall(r":root \{(.*?)\}", gallium.to_html(), flags=re.DOTALL)
    assert len(themes) == 3
    for theme in themes:
        colours = dict(re.findall(r"--(\w+): #([0-9a-f]{3,6})", theme))
        for name in ("ink", "soft", "market", "fair", "inside", "marginal"):
            for behind in ("paper", "wash"):
                light, dark = sorted(
                    (luminance(colours[name]), luminance(colours[behind])), reverse=True
                )
                assert (light + 0.05) / (dark + 0.05) >= 4.5, (name, behind)


def test_japanese_has_every_text_name_and_label(japanese) -> None:
    english, words = words_of("en"), words_of("ja")
    assert set(english.texts) == set(words.texts)
    for key, text in english.texts.items():
        fields = set(re.findall(r"{(\w+)}", text))
        assert set(re.findall(r"{(\w+)}", words.texts[key])) <= fields | {
            "year",
            "currency",
            "mass",
        }, key
    assert set(registry()) <= set(words.minerals)
    page = japanese.to_html()
    assert '<html lang="ja">' in page
    assert japanese.buyer == "JPN"
    assert ">市場価格<" in page
    assert ">market price<" not in page


def test_what_a_mineral_calls_itself_cannot_run_script(gallium) -> None:
    facts = {**gallium.facts, "form": "<script>alert(1)</script>"}
    page = Brief("gallium", "JPN", "en", facts, gallium.pictures).to_html()
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_prices_inside_and_at_the_margin_are_shown_where_the_draws_hold_them(gallium) -> None:
    shown = gallium.facts["prices"]
    more = {**shown[0], "name": "inside_price"}, {**shown[0], "name": "marginal_price"}
    facts = {**gallium.facts, "prices": [*shown, *more]}
    page = Brief("gallium", "JPN", "en", facts, gallium.pictures).to_html()
    assert page.count("Inside price") == page.count("Marginal price") >= 2


@pytest.mark.parametrize(
    ("arguments", "options", "reason"),
    [
        (("galium",), {}, "did you mean 'gallium'"),
        (("gallium", "Atlantis"), {}, "buyer"),
        (("gallium",), {"lang": "fr"}, "language 'fr'"),
        (("gallium",), {"horizon": 2}, "3 years ahead"),
        (("gallium",), {"unit": "stone"}, "unit"),
    ],
)
def test_what_cannot_be_is_refused(arguments, options, reason) -> None:
    with pytest.raises(CritminError, match=reason):
        brief(*arguments, **options)
    assert issubclass(UnknownNameError, CritminError)


@pytest.mark.parametrize("mineral", ["hafnium", "iron_ore", "yttrium", "boron"])
def test_minerals_with_few_data_have_a_page(mineral: str) -> None:
    outline(brief(mineral, "EU", horizon=3).to_html())


def test_the_command_writes_it(tmp_path: Path) -> None:
    path = tmp_path / "tin.html"
    done = CliRunner().invoke(app, ["brief", "tin", "-o", str(path), "--lang", "ja"])
    assert done.exit_code == 0, done.output
    assert "錫" in path.read_text(encoding="utf-8")
    assert "Brief(tin for JPN, ja" in done.output


def test_in_a_notebook_it_stands_in_a_frame_of_its_own(gallium) -> None:
    shown = gallium._repr_html_()
    assert shown.startswith("<iframe")
    assert "<style>" not in shown


@needs_chromium
@pytest.mark.parametrize("width", [390, 1000])
def test_nothing_overflows_or_is_clipped_on_a_screen(gallium, japanese, tmp_path, width) -> None:
    for each in (gallium, japanese):
        path = tmp_path / f"{each.mineral}.html"
        each.to_html(path)
        assert overflows(path, width) == []


@needs_chromium
def test_it_prints_on_one_sheet(gallium, japanese, tmp_path) -> None:
    for each in (gallium, japanese):
        path = tmp_path / f"{each.mineral}.html"
        each.to_html(path)
        assert sheets(path) == 1
