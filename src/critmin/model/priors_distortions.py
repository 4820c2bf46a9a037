"""Priors of what states do: support, restrictions, and prices on both sides of a fence."""

from critmin.model.assumptions import SUPPORT_SPACING
from critmin.model.prior import JUDGEMENT, Prior

DISTORTIONS = (
    Prior(
        "state_support",
        "HalfNormal",
        (0.15,),
        "the state carries 0 to 25% of cost, median 10%; the data say little about it",
        "OECD (2019), Trade Policy Paper 218: 4 to 7% of revenue for aluminium, before "
        "below-market inputs; scale is an assumption",
        "for producers in state_support.csv, 0 elsewhere",
    ),
    Prior(
        "support_step",
        "Normal",
        (0, 0.2),
        "state support moves by about a fifth in five years",
        JUDGEMENT,
        f"each {SUPPORT_SPACING} years, on the log scale",
    ),
    Prior(
        "support_advantage",
        "Normal",
        (0, 0.03),
        "growth of the producer's output beyond that of the others for reasons of its own",
        JUDGEMENT,
    ),
    Prior(
        "capacity_response",
        "LogNormal",
        (0.3, 0.5),
        "support of 10% of cost makes output outgrow the others' by 3% a year",
        JUDGEMENT + "; sign and size argued in OECD (2019), Trade Policy Paper 218",
    ),
    Prior("support_noise", "HalfNormal", (0.2,), "spread of relative growth of output", JUDGEMENT),
    Prior(
        "withheld_step",
        "Normal",
        (0, 0.5),
        "what a measure withholds moves by about a tenth of exports a year: enforcement, leaks",
        JUDGEMENT,
        "on the logit scale, by year, where wedges or exports were measured",
    ),
    Prior(
        "use_effect",
        "Normal",
        (0, 0.5),
        "share of its own output that a country uses: as its part of the world's income, China three "
        "times that, a factor of 1.6 off either way",
        JUDGEMENT,
        "on the logit scale, by country and mineral with a restriction",
    ),
    Prior(
        "quote_premium",
        "HalfNormal",
        (0.3,),
        "quotes for the unlicensed tonne carry up to half as much rent again as importers pay on average",
        JUDGEMENT + "; no pair of one place and period is known",
    ),
    Prior(
        "wedge_level",
        "Normal",
        (0.03, 0.03),
        "freight, insurance and handling between two places",
        JUDGEMENT,
    ),
    Prior(
        "wedge_spread",
        "HalfNormal",
        (0.15,),
        "how far a pair of prices strays from tax, freight and rent: dates, grades, terms",
        JUDGEMENT,
    ),
    Prior(
        "withheld",
        "BetaProportion",
        (6,),
        "a ban withholds about half, a quota 30%, a licence 15%, a tax or sanction 8%; a fifth of that "
        "for raw ore, three tenths for one destination",
        JUDGEMENT,
        "concentration, with a mean by measure",
    ),
)
