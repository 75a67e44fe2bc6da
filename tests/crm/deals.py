"""Deals for the tests: made, seen on the board, moved."""

from crm.models import Deal, Stage

BOARD, LIST, FORECAST = "/crm/deals/board/", "/crm/deals/", "/crm/deals/forecast/"


def make(stage: Stage, name="Escalier", **fields) -> Deal:
    deal = Deal.objects.create(name=name, stage=stage, **fields)
    deal.refresh_from_db()
    return deal


def columns(someone, query="") -> dict[str, list[str]]:
    page = someone.get(f"{BOARD}?{query}")
    return {column.stage.name: [card.name for card in column.cards] for column in page.context["columns"]}


def move(someone, deal, stage, query="", **around):
    return someone.post(f"{LIST}{deal.pk}/stage/?{query}", {"stage": stage.pk, "fetch": "1", **around})
