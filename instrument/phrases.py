"""Phrases: what the questionnaire itself says to a respondent, outside the wording of its questions."""

from __future__ import annotations

from ..data.errors import UnknownNameError

FALLBACK = "en"
"""Language of a phrase that is not translated into the one asked for."""

PHRASES: dict[str, dict[str, str]] = {
    "consent_yes": {
        "en": "Yes, I take part",
        "zh": "是，我同意参加",
        "de": "Ja, ich nehme teil",
    },
    "consent_no": {
        "en": "No, I do not take part",
        "zh": "否，我不参加",
        "de": "Nein, ich nehme nicht teil",
    },
    "required": {
        "en": "Please answer this question.",
        "zh": "请回答此题。",
        "de": "Bitte beantworten Sie diese Frage.",
    },
    "required_row": {
        "en": "Please choose an answer in this row.",
        "zh": "请在此行选择一个答案。",
        "de": "Bitte wählen Sie in dieser Zeile eine Antwort.",
    },
    "choose_one": {
        "en": "Please choose only one answer.",
        "zh": "请只选择一个答案。",
        "de": "Bitte wählen Sie nur eine Antwort.",
    },
    "not_offered": {
        "en": "Please choose one of the answers offered.",
        "zh": "请从所列答案中选择。",
        "de": "Bitte wählen Sie eine der angebotenen Antworten.",
    },
    "exclusive": {
        "en": "“{choice}” cannot be chosen together with other answers. Please keep one or the other.",
        "zh": "“{choice}”不能与其他答案同时选择，请保留其中之一。",
        "de": "„{choice}“ kann nicht zusammen mit anderen Antworten gewählt werden. Bitte entscheiden Sie sich.",
    },
    "whole_number": {
        "en": "Please write a whole number in digits, for example 42.",
        "zh": "请用数字填写整数，例如 42。",
        "de": "Bitte schreiben Sie eine ganze Zahl in Ziffern, zum Beispiel 42.",
    },
    "number": {
        "en": "Please write a number in digits, for example 42 or 3.5.",
        "zh": "请用数字填写，例如 42 或 3.5。",
        "de": "Bitte schreiben Sie eine Zahl in Ziffern, zum Beispiel 42 oder 3,5.",
    },
    "number_or_choice": {
        "en": "Please either write a number or choose “{choice}”, not both.",
        "zh": "请填写数字或选择“{choice}”，不要两者都填。",
        "de": "Bitte schreiben Sie entweder eine Zahl oder wählen Sie „{choice}“, nicht beides.",
    },
    "too_long": {
        "en": "Your text has {length} characters; at most {most} can be kept. Please shorten it.",
        "zh": "您的文字有 {length} 个字符，最多可保存 {most} 个，请缩短。",
        "de": "Ihr Text hat {length} Zeichen; höchstens {most} können gespeichert werden. Bitte kürzen Sie ihn.",
    },
    "not_asked": {"en": "Not asked", "zh": "未提问", "de": "Nicht gefragt"},
    "chosen": {"en": "Chosen", "zh": "已选", "de": "Genannt"},
    "not_chosen": {"en": "Not chosen", "zh": "未选", "de": "Nicht genannt"},
    "disposition": {"en": "Outcome of the interview", "zh": "访问结果", "de": "Ausgang des Interviews"},
    "disposition_complete": {"en": "Complete", "zh": "完成", "de": "Vollständig"},
    "disposition_started": {"en": "Partial (broken off)", "zh": "部分完成", "de": "Teilweise (abgebrochen)"},
    "disposition_declined": {"en": "Consent declined", "zh": "不同意参加", "de": "Teilnahme abgelehnt"},
    "interview_language": {"en": "Language of the interview", "zh": "访问语言", "de": "Sprache des Interviews"},
    "interview_day": {"en": "Day of the last answer", "zh": "最后作答日期", "de": "Tag der letzten Antwort"},
    "interview_seed": {
        "en": "Seed of the random orders shown",
        "zh": "所示随机顺序的种子",
        "de": "Startwert der gezeigten Zufallsreihenfolgen",
    },
    "constraint": {
        "en": "This answer is not possible here. Please check it.",
        "zh": "此答案不符合要求，请检查。",
        "de": "Diese Antwort ist hier nicht möglich. Bitte prüfen Sie sie.",
    },
    "next": {
        "en": "Next",
        "zh": "下一页",
        "de": "Weiter",
    },
    "finish": {
        "en": "Finish",
        "zh": "完成",
        "de": "Abschließen",
    },
    "back": {
        "en": "Back",
        "zh": "上一页",
        "de": "Zurück",
    },
    "begin": {
        "en": "Begin",
        "zh": "开始",
        "de": "Beginnen",
    },
    "resume": {
        "en": "Continue",
        "zh": "继续",
        "de": "Fortsetzen",
    },
    "begin_again": {
        "en": "Start again from the beginning",
        "zh": "从头重新开始",
        "de": "Noch einmal von vorn beginnen",
    },
    "to_start": {
        "en": "To the start page",
        "zh": "返回首页",
        "de": "Zur Startseite",
    },
    "language": {
        "en": "Language",
        "zh": "语言",
        "de": "Sprache",
    },
    "page_of": {
        "en": "Page {page} of {pages}",
        "zh": "第 {page} 页，共 {pages} 页",
        "de": "Seite {page} von {pages}",
    },
    "error_title": {
        "en": "Error: {title}",
        "zh": "错误：{title}",
        "de": "Fehler: {title}",
    },
    "problems_one": {
        "en": "One answer needs your attention",
        "zh": "有一处回答需要您再看一下",
        "de": "Eine Antwort braucht noch Ihre Aufmerksamkeit",
    },
    "problems_many": {
        "en": "{count} answers need your attention",
        "zh": "有 {count} 处回答需要您再看一下",
        "de": "{count} Antworten brauchen noch Ihre Aufmerksamkeit",
    },
    "choose_several": {
        "en": "Choose all that apply.",
        "zh": "可多选。",
        "de": "Mehrere Antworten sind möglich.",
    },
    "at_most": {
        "en": "At most {most} characters.",
        "zh": "最多 {most} 个字符。",
        "de": "Höchstens {most} Zeichen.",
    },
    "remove_answer": {
        "en": "Remove my answer",
        "zh": "取消我的回答",
        "de": "Meine Antwort entfernen",
    },
    "start_text": {
        "en": "You can go back and change an answer at any time, and stop whenever you like.",
        "zh": "您可以随时返回修改答案，也可以随时停止作答。",
        "de": "Sie können jederzeit zurückgehen und eine Antwort ändern, und aufhören, wann Sie möchten.",
    },
    "start_privacy": {
        "en": "Your answers are stored without your name, internet address or device, and with the day only, never "
        "the time.",
        "zh": "您的回答在保存时不含姓名、网络地址和设备信息，只记录日期，不记录时间。",
        "de": "Ihre Antworten werden ohne Namen, Internetadresse oder Gerät gespeichert, und nur mit dem Tag, nie "
        "mit der Uhrzeit.",
    },
    "resume_text": {
        "en": "A questionnaire was begun in this browser and not finished. Its answers so far are kept.",
        "zh": "此浏览器中有一份尚未完成的问卷，已填写的答案均已保存。",
        "de": "In diesem Browser wurde ein Fragebogen begonnen und nicht beendet. Die Antworten bis dahin sind "
        "gespeichert.",
    },
    "thanks_title": {
        "en": "Thank you",
        "zh": "谢谢您",
        "de": "Vielen Dank",
    },
    "thanks_text": {
        "en": "Your answers are stored. You can close this page now.",
        "zh": "您的回答已保存，现在可以关闭此页面。",
        "de": "Ihre Antworten sind gespeichert. Sie können diese Seite jetzt schließen.",
    },
    "declined_title": {
        "en": "You do not take part",
        "zh": "您选择不参加",
        "de": "Sie nehmen nicht teil",
    },
    "declined_text": {
        "en": "That is quite all right. You can close this page now.",
        "zh": "完全没有问题。现在可以关闭此页面。",
        "de": "Das ist völlig in Ordnung. Sie können diese Seite jetzt schließen.",
    },
    "no_interview_title": {
        "en": "There is no open questionnaire in this browser",
        "zh": "此浏览器中没有进行中的问卷",
        "de": "In diesem Browser ist kein Fragebogen offen",
    },
    "no_interview_text": {
        "en": "It may have been finished already, or the browser may not keep cookies for this site. One cookie is "
        "needed to keep your answers together; it is deleted when you finish.",
        "zh": "问卷可能已经完成，或者浏览器没有保存本网站的 Cookie。"
        "需要一个 Cookie 才能把您的回答放在一起，完成后即删除。",
        "de": "Vielleicht ist er schon abgeschlossen, oder der Browser speichert keine Cookies für diese Seite. "
        "Ein Cookie ist nötig, um Ihre Antworten zusammenzuhalten; es wird gelöscht, wenn Sie fertig sind.",
    },
    "old_form_title": {
        "en": "This page is out of date",
        "zh": "此页面已过期",
        "de": "Diese Seite ist veraltet",
    },
    "old_form_text": {
        "en": "It belongs to another visit, so nothing of it was stored. Please continue from the start page.",
        "zh": "它属于另一次访问，因此其中的内容没有保存。请从首页继续。",
        "de": "Sie gehört zu einem anderen Besuch, deshalb wurde nichts davon gespeichert. Bitte fahren Sie von "
        "der Startseite fort.",
    },
    "not_found_title": {
        "en": "There is no such page",
        "zh": "没有这个页面",
        "de": "Diese Seite gibt es nicht",
    },
    "not_found_text": {
        "en": "Please continue from the start page; answers you gave are kept.",
        "zh": "请从首页继续，您已填写的答案均已保存。",
        "de": "Bitte fahren Sie von der Startseite fort; gegebene Antworten sind gespeichert.",
    },
    "too_large_title": {
        "en": "That was too much to store",
        "zh": "内容过多，无法保存",
        "de": "Das war zu viel zum Speichern",
    },
    "too_large_text": {
        "en": "Nothing of this page was stored. Please go back in your browser and shorten the texts.",
        "zh": "此页内容没有保存。请在浏览器中返回并缩短文字。",
        "de": "Von dieser Seite wurde nichts gespeichert. Bitte gehen Sie im Browser zurück und kürzen Sie die Texte.",
    },
    "not_stored": {
        "en": "Your answers could not be stored just now. They still stand below: please try again in a moment.",
        "zh": "您的回答暂时未能保存，仍显示在下方，请稍后再试。",
        "de": "Ihre Antworten konnten gerade nicht gespeichert werden. Sie stehen noch unten: bitte versuchen Sie "
        "es gleich noch einmal.",
    },
    "busy_title": {
        "en": "Too many people are here just now",
        "zh": "当前访问人数过多",
        "de": "Gerade sind zu viele Menschen hier",
    },
    "busy_text": {
        "en": "Nothing of this page was stored yet. Please go back in your browser and try again in a moment; answers "
        "on earlier pages are kept.",
        "zh": "此页内容尚未保存。请在浏览器中返回，稍后再试；前面页面的回答均已保存。",
        "de": "Von dieser Seite wurde noch nichts gespeichert. Bitte gehen Sie im Browser zurück und versuchen Sie es "
        "gleich noch einmal; Antworten auf früheren Seiten sind gespeichert.",
    },
    "broken_title": {
        "en": "Something went wrong here",
        "zh": "此处出现问题",
        "de": "Hier ist etwas schiefgegangen",
    },
    "broken_text": {
        "en": "The fault is ours. Answers you gave on earlier pages are kept; please try again in a moment.",
        "zh": "这是我们的问题。您在前面页面的回答均已保存，请稍后再试。",
        "de": "Der Fehler liegt bei uns. Antworten auf früheren Seiten sind gespeichert; bitte versuchen Sie es "
        "gleich noch einmal.",
    },
}
"""Key -> language -> phrase, with the values to fill in between braces."""


def phrase(key: str, language: str, **values: object) -> str:
    """Give a phrase in the respondent's language, in English where it is not translated.

    Parameters
    ----------
    key : str
        e.g. ``"required"``.
    language : str
        e.g. ``"de"``; a region is left away where the phrase has none (``"de-AT"`` reads ``"de"``).
    **values : object
        What stands between the braces of the phrase, e.g. ``length=2500, most=2000``.

    Raises
    ------
    UnknownNameError
        When there is no such phrase.

    Examples
    --------
    >>> phrase("required", "de")
    'Bitte beantworten Sie diese Frage.'
    >>> phrase("choose_one", "fr")
    'Please choose only one answer.'
    """
    if key not in PHRASES:
        raise UnknownNameError("phrase", key, PHRASES)
    spoken = PHRASES[key]
    for spelled in (language, language.split("-")[0].split("_")[0]):
        if spelled in spoken:
            return spoken[spelled].format(**values)
    return spoken[FALLBACK].format(**values)
