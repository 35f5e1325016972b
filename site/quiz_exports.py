"""The lessons' quizzes as files that a learning platform imports, each answer with its feedback.

- GIFT, a text file, for Moodle.
- QTI 1.2, a ZIP of XML files, for Canvas.

The same quiz always gives the same bytes.

Covers: these two formats, for questions with one right answer.
Does not cover: reading the quizzes (`quizzes`).
"""

import io
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

from nbconvert.filters import markdown2html

from lesson_pages import plain
from quizzes import Answer, Question

_GIFT_SPECIAL = re.compile(r"[\\~=#{}:]")
_QTI = "http://www.imsglobal.org/xsd/ims_qtiasiv1p2"
_PACKAGE = "http://www.imsglobal.org/xsd/imsccv1p1/imscp_v1p1"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest day that a ZIP can hold


def write_quiz(folder: Path, number: str, title: str, questions: Sequence[Question]) -> None:
    """Write a lesson's quiz into `folder`: NN.gift.txt and NN.qti.zip."""
    text = gift(number, questions)
    (folder / f"{number}.gift.txt").write_text(text, encoding="utf-8", newline="\n")
    (folder / f"{number}.qti.zip").write_bytes(qti(number, title, questions))


def _html(text: str) -> str:
    """Return `text`, in which only code in backticks is marked up, as HTML."""
    return markdown2html(plain(text)).strip()


def gift(number: str, questions: Sequence[Question]) -> str:
    """Return the quiz of lesson `number` for Moodle, in a category of its own."""
    category = f"$CATEGORY: dlcourse/Lesson {number}"
    return "\n\n".join([category, *map(_gift_question, questions)]) + "\n"


def _gift_question(question: Question) -> str:
    head = f"::{_escaped(question.name)}::[html]{_escaped(_html(question.text))} {{"
    return "\n".join([head, *map(_gift_answer, question.answers), "}"])


def _gift_answer(answer: Answer) -> str:
    sign = "=" if answer.right else "~"
    return f"{sign}{_escaped(_html(answer.text))}#{_escaped(_html(answer.feedback))}"


def _escaped(text: str) -> str:
    r"""Return `text` for GIFT, where some characters have a meaning, and a blank line, too.

    A line break becomes the two characters `\n`, which Moodle turns back.
    """
    return _GIFT_SPECIAL.sub(r"\\\g<0>", text).replace("\n", r"\n")


def qti(number: str, title: str, questions: Sequence[Question]) -> bytes:
    """Return the quiz of a lesson as a QTI package; its title is the lesson's number and `title`.

    The identifiers stay the same from build to build, so that Canvas replaces a question that it
    has already.
    """
    quiz = f"dlcourse_{number}"
    files = {
        "imsmanifest.xml": _manifest(quiz),
        f"{quiz}/{quiz}.xml": _assessment(quiz, f"{number} {title}", questions),
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        for name, root in files.items():
            ET.indent(root)
            info = zipfile.ZipInfo(name, _EPOCH)
            info.create_system = 3  # Unix, on every system
            info.external_attr = 0o644 << 16
            package.writestr(info, ET.tostring(root, encoding="utf-8", xml_declaration=True))
    return buffer.getvalue()


def _manifest(quiz: str) -> ET.Element:
    root = ET.Element("manifest", identifier=f"{quiz}_manifest", xmlns=_PACKAGE)
    metadata = ET.SubElement(root, "metadata")
    _add(metadata, "schema", "IMS Content")
    _add(metadata, "schemaversion", "1.1.3")
    ET.SubElement(root, "organizations")
    resources = ET.SubElement(root, "resources")
    resource = ET.SubElement(resources, "resource", identifier=quiz, type="imsqti_xmlv1p2")
    ET.SubElement(resource, "file", href=f"{quiz}/{quiz}.xml")
    return root


def _assessment(quiz: str, title: str, questions: Sequence[Question]) -> ET.Element:
    root = ET.Element("questestinterop", xmlns=_QTI)
    assessment = ET.SubElement(root, "assessment", ident=quiz, title=title)
    section = ET.SubElement(assessment, "section", ident="root_section")
    for number, question in enumerate(questions, 1):
        _add_item(section, f"{quiz}_q{number}", question)
    return root


def _add_item(section: ET.Element, ident: str, question: Question) -> None:
    """Add a question: its kind, what is asked, what each answer earns, and its feedback."""
    answers = {f"{ident}_a{place}": one for place, one in enumerate(question.answers, 1)}
    item = ET.SubElement(section, "item", ident=ident, title=question.name)
    metadata = ET.SubElement(ET.SubElement(item, "itemmetadata"), "qtimetadata")
    for label, entry in (("question_type", "multiple_choice_question"), ("points_possible", "1")):
        entries = ET.SubElement(metadata, "qtimetadatafield")
        _add(entries, "fieldlabel", label)
        _add(entries, "fieldentry", entry)
    presentation = ET.SubElement(item, "presentation")
    _add_html(presentation, question.text)
    response = ET.SubElement(presentation, "response_lid", ident="response1", rcardinality="Single")
    choices = ET.SubElement(response, "render_choice")
    for name, answer in answers.items():
        _add_html(ET.SubElement(choices, "response_label", ident=name), answer.text)
    _add_processing(item, answers)
    for name, answer in answers.items():
        feedback = ET.SubElement(item, "itemfeedback", ident=f"{name}_fb")
        _add_html(ET.SubElement(feedback, "flow_mat"), answer.feedback)


def _add_processing(item: ET.Element, answers: dict[str, Answer]) -> None:
    """Add the rules: each answer shows its feedback, and the right one scores."""
    processing = ET.SubElement(item, "resprocessing")
    score = {"varname": "SCORE", "vartype": "Decimal", "minvalue": "0", "maxvalue": "100"}
    ET.SubElement(ET.SubElement(processing, "outcomes"), "decvar", score)
    for name in answers:
        rule = _add_rule(processing, name, goes_on="Yes")
        ET.SubElement(rule, "displayfeedback", feedbacktype="Response", linkrefid=f"{name}_fb")
    (right,) = (name for name, answer in answers.items() if answer.right)
    rule = _add_rule(processing, right, goes_on="No")
    _add(rule, "setvar", "100", action="Set", varname="SCORE")


def _add_rule(processing: ET.Element, name: str, goes_on: str) -> ET.Element:
    """Add a rule for whoever chose the answer `name`; `goes_on`: whether later rules count, too."""
    rule = ET.SubElement(processing, "respcondition", {"continue": goes_on})
    _add(ET.SubElement(rule, "conditionvar"), "varequal", name, respident="response1")
    return rule


def _add_html(parent: ET.Element, text: str) -> None:
    _add(ET.SubElement(parent, "material"), "mattext", _html(text), texttype="text/html")


def _add(parent: ET.Element, tag: str, text: str, **attributes: str) -> None:
    ET.SubElement(parent, tag, attributes).text = text
