"""The quizzes are complete, and say on each platform what was written, answer by answer."""

import io
import re
import zipfile
from html import unescape
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from dlcourse.errors import CourseError
from dlcourse.places import ROOT
from editions import write_quizzes
from lessons import read_lessons
from quiz_exports import gift, qti
from quizzes import Answer, Question, quiz_section, read_quiz, read_quizzes

QUIZZES = read_quizzes(ROOT / "site" / "teach")
KINDS = ("gift.txt", "qti.zip")
LESSONS = {lesson.number: lesson for lesson in read_lessons(ROOT / "notebooks")}
QTI = {"q": "http://www.imsglobal.org/xsd/ims_qtiasiv1p2"}
PACKAGE = {"p": "http://www.imsglobal.org/xsd/imsccv1p1/imscp_v1p1"}

# Every character that GIFT, HTML, Markdown or TOML could take for its own.
TRICKY = Question(
    name="Slopes: {a} = b # c ~ d",
    text="Is `x[0] == {1: '~'}`?\n\n```\nw = 2  # not 3\n\nprint('a\\nb')\n```\n\n// See.",
    answers=(
        Answer(
            "3 < 4 & *so* on: #1 {~} = $x$", right=False, feedback="No:\nw ← w − lr·g ~ 1 \\ 2."
        ),
        Answer("[2, 1] -> `a * b`", right=True, feedback="Yes = {1}. Not \\n, not ::, not #."),
        Answer("%50% of <b>", right=False, feedback="`<b>` & co. # 1"),
    ),
)


def lines(**changed: str) -> str:
    """Return a quiz of one question as TOML, with some of its lines changed."""
    parts = {
        "name": 'name = "Two"',
        "text": 'text = "What is 1 + 1?"',
        "one": answer("1", "That is one of them."),
        "two": answer("2", "Yes.", "right = true"),
        "three": answer("11", "That joins the digits."),
    }
    return "\n".join(["[[question]]", *(parts | changed).values()])


def answer(text: str, feedback: str, *more: str) -> str:
    head = ["[[question.answer]]", f'text = "{text}"', f'feedback = "{feedback}"']
    return "\n".join([*head, *more])


def quiz_of(text: str, folder: Path) -> list[Question]:
    path = folder / "07.quiz.toml"
    path.write_text(text, encoding="utf-8")
    return read_quiz(path)


def said(html: str) -> str:
    """Return the words of HTML without its tags."""
    return unescape(re.sub(r"<[^>]+>", "", html)).strip()


def written(text: str) -> str:
    """Return what a reader sees of a text of a quiz: no fences, no backticks."""
    return re.sub(r"\n\s*\n", "\n", text.replace("```\n", "").replace("```", "").replace("`", ""))


def same(html: str, text: str) -> bool:
    """Tell whether the words of `html` are those of `text`, blank lines apart."""
    return re.sub(r"\n\s*\n", "\n", said(html)) == written(text).strip()


def protected(text: str) -> str:
    """Return GIFT with a character without meaning in place of each that a backslash precedes."""
    return re.sub(r"\\(.)", lambda found: chr(0xE000 + ord(found[1])), text)


def restored(text: str) -> str:
    """Return protected GIFT as a reader sees it; an escaped n is a line break."""
    broken = text.replace(chr(0xE000 + ord("n")), "\n")
    return re.sub("[\ue000-\ue0ff]", lambda found: chr(ord(found[0]) - 0xE000), broken)


def read_gift(text: str) -> list[tuple[str, str, list[tuple[bool, str, str]]]]:
    """Return name, text and answers, each (right, text, feedback), of each question."""
    questions = []
    for block in protected(text).strip().split("\n\n")[1:]:
        found = re.fullmatch(r"::([^:]+)::\[html\]([^{}]+)\{([^{}]+)\}", block)
        assert found, block
        answers = []
        for sign, body in re.findall("([=~])([^=~]+)", found[3]):
            chosen, feedback = body.split("#")
            answers.append((sign == "=", restored(chosen), restored(feedback)))
        questions.append((restored(found[1]), restored(found[2]), answers))
    return questions


def read_qti(package: bytes) -> tuple[ET.Element, ET.Element]:
    """Return the manifest and the assessment that it leads to."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        manifest = ET.fromstring(archive.read("imsmanifest.xml"))  # noqa: S314 - we made it
        (file,) = manifest.findall("p:resources/p:resource/p:file", PACKAGE)
        assert sorted(archive.namelist()) == sorted(["imsmanifest.xml", file.attrib["href"]])
        return manifest, ET.fromstring(archive.read(file.attrib["href"]))  # noqa: S314


def html_of(parent: ET.Element, path: str) -> str:
    (text,) = parent.findall(f"{path}/q:mattext", QTI)
    assert text.attrib["texttype"] == "text/html"
    return text.text or ""


def check_item(item: ET.Element, question: Question) -> None:
    """Assert that a QTI item asks `question`, scores its right answer and tells all feedback."""
    assert item.attrib["title"] == question.name
    assert same(html_of(item, "q:presentation/q:material"), question.text)
    labels = item.findall("q:presentation/q:response_lid/q:render_choice/q:response_label", QTI)
    shown, scores = {}, {}
    for rule in item.findall("q:resprocessing/q:respcondition", QTI):
        chosen = rule.findtext("q:conditionvar/q:varequal", namespaces=QTI)
        feedback = rule.find("q:displayfeedback", QTI)
        if feedback is not None:
            assert rule.attrib["continue"] == "Yes", "or the score would not be set"
            shown[chosen] = feedback.attrib["linkrefid"]
        if (score := rule.findtext("q:setvar", namespaces=QTI)) is not None:
            scores[chosen] = score
    told = {one.attrib["ident"]: one for one in item.findall("q:itemfeedback", QTI)}
    assert len(told) == len(question.answers)
    for label, one in zip(labels, question.answers, strict=True):
        ident = label.attrib["ident"]
        assert same(html_of(label, "q:material"), one.text)
        assert same(html_of(told[shown[ident]], "q:flow_mat/q:material"), one.feedback)
        assert scores.get(ident) == ("100" if one.right else None)


@pytest.mark.parametrize("number", QUIZZES)
def test_a_quiz_belongs_to_a_lesson_and_has_five_questions(number: str) -> None:
    assert number in LESSONS
    names = [question.name for question in QUIZZES[number]]
    assert len(set(names)) == 5
    for question in QUIZZES[number]:
        assert len({one.text for one in question.answers}) == len(question.answers) <= 4
        assert "`" not in question.name, "a name is shown as it is"
        texts = [question.name, question.text]
        for one in question.answers:
            texts += [one.text, one.feedback]
        plain_parts = " ".join(re.sub("`[^`]*`", "", text) for text in texts)
        assert not re.search(r"\*\w|\w\*|\]\(", plain_parts), "it would be shown as it is"


def test_the_right_answers_are_not_all_in_one_place_nor_the_longest() -> None:
    questions = [question for quiz in QUIZZES.values() for question in quiz]
    places = [[one.right for one in question.answers].index(True) for question in questions]
    longest = [max(question.answers, key=lambda one: len(one.text)).right for question in questions]
    assert max(places.count(place) for place in range(4)) <= len(questions) / 2
    assert sum(longest) <= len(questions) * 2 / 3


def test_a_complete_quiz_is_read(tmp_path: Path) -> None:
    (question,) = quiz_of(lines(), tmp_path)
    assert (question.name, question.text) == ("Two", "What is 1 + 1?")
    assert question.answers[1] == Answer("2", right=True, feedback="Yes.")
    assert [one.right for one in question.answers] == [False, True, False]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            lines(two=answer("2", "Yes.")),
            "07.quiz.toml, question 1 has 0 right answers: give exactly one `right = true`.",
        ),
        (
            lines(one=answer("1", "So.", "right = true")),
            "07.quiz.toml, question 1 has 2 right answers: give exactly one `right = true`.",
        ),
        (
            lines(three=""),
            "07.quiz.toml, question 1 has too few answers, 2: give it 3 or more.",
        ),
        (
            lines(three='[[question.answer]]\ntext = "11"'),
            "07.quiz.toml, question 1, answer 3 has no feedback: write one, in quotation marks.",
        ),
        (
            lines(three=answer("11", "  ")),
            "07.quiz.toml, question 1, answer 3 has no feedback: write one, in quotation marks.",
        ),
        (
            lines(name=""),
            "07.quiz.toml, question 1 has no name: write one, in quotation marks.",
        ),
        (
            lines(two=answer("2", "Yes.", "rigth = true")),
            "07.quiz.toml, question 1, answer 2: nobody reads `rigth`: use feedback, right, text.",
        ),
        (
            lines(two=answer("2", "Yes.", 'right = "yes"')),
            "07.quiz.toml, question 1, answer 2: `right` is 'yes': write true, or leave it out.",
        ),
        (
            '[[question]]\nname = "Two"\ntext = "?"',
            "07.quiz.toml, question 1 has no answer: begin each with [[question.answer]].",
        ),
        ("", "07.quiz.toml has no question: begin each with [[question]]."),
        ("question = [1]", "07.quiz.toml has no question: begin each with [[question]]."),
    ],
)
def test_an_incomplete_quiz_is_refused_in_one_line(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(CourseError) as refused:
        quiz_of(text, tmp_path)
    assert str(refused.value) == message


def test_a_file_that_is_no_toml_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(CourseError) as refused:
        quiz_of("[[question", tmp_path)
    assert str(refused.value).startswith("07.quiz.toml is not valid TOML: ")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("number", [*QUIZZES, "tricky"])
def test_moodle_is_given_each_answer_with_its_feedback(number: str) -> None:
    questions = QUIZZES.get(number, [TRICKY])
    text = gift(number, questions)
    assert text.startswith(f"$CATEGORY: dlcourse/Lesson {number}\n\n::")
    assert not re.search(r"^//", text, re.MULTILINE), "Moodle would drop the line"
    read = read_gift(text)
    for (name, asked, answers), question in zip(read, questions, strict=True):
        assert name == question.name
        assert same(asked, question.text)
        for (right, body, feedback), one in zip(answers, question.answers, strict=True):
            assert right == one.right
            assert body.startswith("<p>"), "a `%` or `[` in front would mean something else"
            assert same(body, one.text)
            assert same(feedback, one.feedback)


@pytest.mark.parametrize("number", [*QUIZZES, "tricky"])
def test_canvas_is_given_each_answer_with_its_feedback(number: str) -> None:
    questions = QUIZZES.get(number, [TRICKY])
    manifest, assessment = read_qti(qti(number, "Title & more", questions))
    (resource,) = manifest.findall("p:resources/p:resource", PACKAGE)
    (quiz,) = assessment.findall("q:assessment", QTI)
    assert resource.attrib["type"] == "imsqti_xmlv1p2"
    assert quiz.attrib == {
        "ident": resource.attrib["identifier"],
        "title": f"{number} Title & more",
    }
    items = quiz.findall("q:section/q:item", QTI)
    for item, question in zip(items, questions, strict=True):
        check_item(item, question)
    idents = [one.attrib["ident"] for one in assessment.iter() if one.attrib.get("ident")]
    own = [ident for ident in idents if ident.startswith("dlcourse")]
    assert len(own) == len(set(own)), "each identifier belongs to one thing"


def test_the_same_quizzes_give_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    for folder in (tmp_path / "first", tmp_path / "second"):
        write_quizzes(folder, list(LESSONS.values()), QUIZZES)
        made.append({path.name: path.read_bytes() for path in folder.iterdir()})
        monkeypatch.setattr("time.time", lambda: 2e9)
        monkeypatch.setattr("zipfile.sys.platform", "win32")
    assert made[0] == made[1]
    assert set(made[0]) == {f"{number}.{kind}" for number in QUIZZES for kind in KINDS}
    assert not any(b"\r" in made[0][f"{number}.gift.txt"] for number in QUIZZES)


def test_the_instructors_page_folds_each_question_and_tells_right_from_wrong() -> None:
    section = quiz_section([TRICKY, TRICKY])
    assert section.startswith("## Quiz\n")
    assert section.count("::::{dropdown} Slopes: \\{a\\}") == 2
    assert "\n  ✓ Yes = \\{1\\}. Not \\\\n, not ::, not \\#.\n" in section
    assert section.count("\n  ✓ ") == 2
    assert section.count("\n  ✗ ") == 4
    assert quiz_section([]) == ""
