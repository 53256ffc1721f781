"""What a customer has told this store of her health, and whether she has told it at all (SAF-01, SAF-05, SEC-07).

Her answers stay in the store where she gave them, so an empty list of allergens means "none" only after she was asked here. Whoever
proposes a product, a scent or a treatment asks this one place; before she has answered, the answer is no.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from salon.records import Member, Product, Screening, Service
from salon.rules import allergens, screening
from salon.rules.said import Explain, Said

NOT_ASKED = Said(
    "本店尚不了解她的过敏情况：请先填写皮肤与过敏问卷",
    "Her allergies are not known in this store yet: the skin and allergy questionnaire comes first",
)


@dataclass(frozen=True)
class Told:
    """What this store knows of her allergies and conditions."""

    asked: bool
    """She answered the questionnaire here, or lets this store see her answers."""
    allergens: tuple[str, ...]
    """Named in any of her files or in her last answers. Also before she was asked: what is named is kept away in any case."""
    conditions: tuple[str, ...]

    def against(self, item: Product | Service) -> Explain | None:
        """Why a product or a treatment is not to be proposed to her; None if nothing speaks against it."""
        if isinstance(item, Product):
            found = allergens.conflicts(item, self.allergens)
            if found:
                return found[0].explain
            return self.unasked
        clash = sorted(set(item.contraindications) & set(self.conditions))
        if clash:
            said = Said("与她的身体状况相冲突", "A condition of hers speaks against it")
            return Explain("contraindicated (SAF-02)", said, {"conditions": clash})
        return self.unasked if item.contraindications else None

    @property
    def unasked(self) -> Explain | None:
        """Why no product is proposed at all; None once she was asked."""
        return None if self.asked else Explain("allergies not known here (SAF-05)", NOT_ASKED, {})

    @property
    def no_scent(self) -> bool:
        """Whether she must have none: allergic to fragrance, or not asked yet."""
        return "fragrance" in self.allergens or not self.asked


def of(files: Sequence[Member], screenings: Sequence[Screening]) -> Told:
    """From all files of one customer, and all her questionnaires in this store."""
    answers = screening.latest(screenings)
    named = {key for file in files for key in file.allergens}
    has = {key for file in files for key in file.contraindications}
    return Told(
        asked=answers is not None,
        allergens=tuple(sorted({*named, *(answers.allergens if answers else ())})),
        conditions=tuple(sorted({*has, *(answers.conditions if answers else ())})),
    )
