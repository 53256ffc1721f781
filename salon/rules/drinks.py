"""The drinks of the house in both languages (SVC-04). A drink of a customer's own words stands for itself."""

from __future__ import annotations

from salon.rules.said import Said

DRINKS: dict[str, Said] = {
    "warm_water": Said("温水", "Warm water"),
    "lemon_water": Said("柠檬水", "Lemon water"),
    "jasmine_tea": Said("茉莉花茶", "Jasmine tea"),
    "rose_tea": Said("玫瑰花茶", "Rose tea"),
    "green_tea": Said("绿茶", "Green tea"),
    "red_date_tea": Said("红枣枸杞茶", "Red date and goji tea"),
    "americano": Said("美式咖啡", "Americano"),
    "latte": Said("拿铁", "Latte"),
    "sparkling_water": Said("气泡水", "Sparkling water"),
    "none": Said("不需要", "Nothing, thank you"),
}


def key_of(drink: str) -> str:
    """The key of a drink as someone says it, or the words themselves."""
    plain = drink.strip().casefold()
    for key, said in DRINKS.items():
        if plain in {key, said.zh, said.en.casefold()}:
            return key
    return drink.strip()


def label(drink: str, language: str) -> str:
    """A drink, kept as a key or in either language, as a page in `language` shows it."""
    key = key_of(drink)
    return DRINKS[key].in_(language) if key in DRINKS else drink
