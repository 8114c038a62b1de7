"""Orders are rebuilt from two seeds, are even over interviews, and keep don't knows at the end."""

from collections import Counter

from topline.instrument.allocation import choice_order, draw, row_order
from topline.instrument.reading import read_questionnaire_text

QUESTIONNAIRE = read_questionnaire_text("""
name: q
title: Q
languages: [en]
seed: 11
choices:
  media: {options: [{name: a, label: A}, {name: b, label: B}, {name: c, label: C}, {name: z, label: Other, last: true},
                    {name: 97, label: Don't know, missing: dont_know}]}
  scale: {measure: ordinal, options: [{name: 1, label: One}, {name: 2, label: Two}, {name: 3, label: Three},
                    {name: 98, label: Refused, missing: refused}]}
pages:
  - name: p
    questions:
      - {name: news, type: select_multiple, choices: media, label: News, randomize: true}
      - {name: other, type: select_one, choices: media, label: Other, randomize: true}
      - {name: fixed, type: select_one, choices: media, label: Fixed}
      - {name: level, type: select_one, choices: scale, label: Level, randomize: true}
      - {name: g, type: grid, choices: scale, label: G, randomize: true,
         rows: [{name: r1, label: One}, {name: r2, label: Two}, {name: r3, label: Three}]}
      - {name: h, type: grid, choices: scale, label: H, rows: [{name: s1, label: One}, {name: s2, label: Two}]}
""")
Q = QUESTIONNAIRE.question


def codes(name, seed):
    return "".join(choice.name[0] for choice in choice_order(QUESTIONNAIRE, Q(name), seed))


def test_an_order_can_be_rebuilt_without_this_program():
    # for c in a b c; do echo "$(printf '11:0:news:%s' $c | sha256sum) $c"; done | sort     (and 11:1:..., 11:2:...)
    assert [codes("news", seed) for seed in range(3)] == ["acbz9", "bcaz9", "bacz9"]


def test_every_order_of_a_nominal_list_is_equally_likely_and_the_last_stay_last():
    seen = Counter(codes("news", seed) for seed in range(6000))
    assert set(seen) == {f"{order}z9" for order in ("abc", "acb", "bac", "bca", "cab", "cba")}
    assert all(abs(times - 1000) < 120 for times in seen.values())


def test_two_questions_are_shuffled_independently():
    same = sum(codes("news", seed) == codes("other", seed) for seed in range(3000))
    assert abs(same - 500) < 90


def test_an_ordinal_list_is_only_turned_round_in_half_of_the_interviews():
    seen = Counter(codes("level", seed) for seed in range(4000))
    assert set(seen) == {"1239", "3219"}
    assert abs(seen["1239"] - 2000) < 160


def test_rows_are_shuffled_and_columns_of_a_grid_are_not():
    assert len({tuple(row.name for row in row_order(QUESTIONNAIRE, Q("g"), seed)) for seed in range(60)}) == 6
    assert {codes("g", seed) for seed in range(60)} == {"1239"}


def test_without_randomize_the_order_is_the_documents():
    assert {codes("fixed", seed) for seed in range(20)} == {"abcz9"}
    assert row_order(QUESTIONNAIRE, Q("h"), 5) == Q("h").rows


def test_another_questionnaire_seed_gives_other_orders():
    other = QUESTIONNAIRE.model_copy(update={"seed": 12})
    changed = [
        choice_order(other, Q("news"), seed) != choice_order(QUESTIONNAIRE, Q("news"), seed) for seed in range(50)
    ]
    assert sum(changed) > 25


def test_a_draw_lies_between_0_and_1_and_depends_on_every_part():
    assert 0 <= draw(1, 2, "x") < 1
    assert len({draw(1, 2, "x"), draw(2, 2, "x"), draw(1, 3, "x"), draw(1, 2, "y")}) == 4
