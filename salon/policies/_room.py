"""Sections about the room: her bed before anybody knows how she likes it, and when a bottle at it is replaced."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from salon.policies._sections import Section

Percent = Annotated[float, Field(ge=0, le=100)]


class Bed(Section):
    """How a bed is set where no visit says how she had it (MEA-09, SVC-11)."""

    soft_light: float = Field(
        title="Soft light", description="%, for sensitive skin and who likes it quiet", ge=5, le=100
    )
    natural_light: float = Field(title="Natural light", description="%, for everybody else", ge=5, le=100)
    celsius: float = Field(title="Temperature", description="°C of the room, as most like it", ge=18, le=30)
    warm_celsius: float = Field(
        title="Warmer", description="°C, for who lies still and likes it warm", ge=18, le=32
    )
    cool_celsius: float = Field(title="Cooler", description="°C, for who likes it cool", ge=16, le=30)
    scent: Percent = Field(title="Scent", description="%, for who has a scent in her file; 0: none")


class Restock(Section):
    """When a bottle on its scale is to be replaced (MEA-10)."""

    left_percent: float = Field(title="Left", description="% left in the bottle", ge=1, le=80)
