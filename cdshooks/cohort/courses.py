"""The hidden course of a disease: what happens to a body, whoever writes it down."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from cdshooks.cohort.chance import Chance
from cdshooks.cohort.distributions import number

Region = Literal["bulbar", "arm", "leg", "trunk"]
MONTH = 30.4375
GENES = ("c9orf72", "sod1", "tardbp", "fus")


@dataclass(frozen=True, slots=True)
class Body:
    """Who somebody is: height in m, weight in kg before any disease."""

    man: bool
    born: date
    height: float
    weight: float


@dataclass(frozen=True, slots=True)
class Course:
    """A course of ALS.

    slope: ALSFRS-R points a month. fvc, fvc_loss, fvc_lag: % of predicted at onset, lost
    a month, after so many months. lost: % of body weight at diagnosis; loss: % a month
    later. rounding: for each item of the ALSFRS-R, where it turns to the next point.
    gene: the variant that causes it, or an empty string.
    """

    body: Body
    region: Region
    onset: date
    diagnosed: date
    death: date
    slope: float
    fvc_onset: float
    fvc_loss: float
    fvc_lag: float
    lost: float
    loss: float
    rounding: tuple[float, ...]
    familial: bool
    gene: str

    def months(self, day: date) -> float:
        """Months since onset."""
        return (day - self.onset).days / MONTH

    def score_lost(self, day: date) -> float:
        """Points of the ALSFRS-R that are lost."""
        return max(0.0, self.slope * self.months(day))

    def fvc(self, day: date) -> float:
        """FVC sitting, % of predicted."""
        falling = max(0.0, self.months(day) - self.fvc_lag)
        return max(8.0, self.fvc_onset - self.fvc_loss * falling)

    def day_of_fvc(self, fvc: float) -> date:
        """When FVC comes down to this."""
        months = self.fvc_lag + max(0.0, self.fvc_onset - fvc) / self.fvc_loss
        return self.onset + timedelta(days=months * MONTH)

    def weight(self, day: date, tube: date) -> float:
        """Body weight in kg; with a tube, from that day on, little of the loss goes on."""
        before = min(1.0, self.months(day) / self.months(self.diagnosed)) * self.lost
        since = max(0, (day - self.diagnosed).days) / MONTH
        fed = max(0, (day - max(tube, self.diagnosed)).days) / MONTH
        after = self.loss * (since - fed * (1 - number("loss_tube")))
        return self.body.weight * max(0.5, 1 - (before + after) / 100)


def course(chance: Chance, until: date) -> Course:
    """A course whose diagnosis lies in the window before ``until``."""
    region = _region(chance)
    slope = min(max(chance.skewed(number("slope_mean"), number("slope_sd")), 0.08), 6.0)
    survival = _survival(chance, slope, region)
    delay = _delay(chance, slope, survival)
    window = int(number("diagnosis_window") * 365.25)
    diagnosed = until - timedelta(days=chance.whole(0, window))
    onset = diagnosed - timedelta(days=delay * MONTH)
    fvc, loss, lag = _breathing(chance, survival, region)
    familial = chance.yes("familial_share")
    lost, monthly = _weight(chance, region, slope)
    return Course(
        body=_body(chance, onset),
        region=region,
        onset=onset,
        diagnosed=diagnosed,
        death=onset + timedelta(days=survival * MONTH),
        slope=slope,
        fvc_onset=fvc,
        fvc_loss=loss,
        fvc_lag=lag,
        lost=lost,
        loss=monthly,
        rounding=tuple(chance.share() for _ in range(11)),
        familial=familial,
        gene=_gene(chance, "familial" if familial else "sporadic"),
    )


def _region(chance: Chance) -> Region:
    trunk, bulbar = number("trunk_share"), number("bulbar_share")
    arm = (1 - trunk - bulbar) * number("arm_share")
    regions: tuple[Region, ...] = ("trunk", "bulbar", "arm", "leg")
    return chance.weighted(regions, (trunk, bulbar, arm))


def _survival(chance: Chance, slope: float, region: Region) -> float:
    """Months from onset to death: the time in which the slope reaches the score at death."""
    score = chance.near("score_at_death", 2, 36)
    if region == "bulbar":
        score = min(36.0, score + number("bulbar_score_at_death"))
    return max(6.0, (48 - score) / slope)


def _delay(chance: Chance, slope: float, survival: float) -> float:
    """Months from onset to diagnosis."""
    delay = chance.lognormal(number("delay_median"), number("delay_sigma"))
    delay *= (number("slope_mean") / slope) ** number("delay_power")
    return float(min(max(delay, 1.5), survival * number("delay_most")))


def _breathing(chance: Chance, survival: float, region: Region) -> tuple[float, float, float]:
    start = chance.near("fvc_at_onset", 70, 135)
    end = chance.near("fvc_at_death", 10, 64)
    lag = 0.0 if region == "trunk" else chance.between(0, number("fvc_lag_most")) * survival
    return start, (start - end) / (survival - lag), lag


def _weight(chance: Chance, region: Region, slope: float) -> tuple[float, float]:
    mean = number("loss_bulbar" if region == "bulbar" else "loss_spinal")
    lost = (
        chance.skewed(mean, mean * number("loss_spread"))
        if chance.yes("loss_share")
        else chance.span("weight_gained")
    )
    monthly = number("loss_monthly") * slope / number("slope_mean")
    return lost, chance.normal(monthly, monthly * number("loss_monthly_spread"), -0.1, 2.5)


def _body(chance: Chance, onset: date) -> Body:
    man = chance.yes("male_share")
    age = chance.normal(
        number("onset_age_men" if man else "onset_age_women"), number("onset_age_sd"), 22, 93
    )
    return body(chance, man, onset - timedelta(days=age * 365.25))


def body(chance: Chance, man: bool, born: date) -> Body:
    """A person of this sex and age."""
    height = chance.normal(
        number("height_men" if man else "height_women"), number("height_sd"), 1.4, 2.1
    )
    return Body(man, born, height, chance.near("bmi_mean", 17, 45) * height**2)


def _gene(chance: Chance, kind: str) -> str:
    return chance.weighted((*GENES, ""), [number(f"{kind}_{gene}") for gene in GENES])
