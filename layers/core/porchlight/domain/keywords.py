"""Words that shoppers send by SMS or WhatsApp: to stop, to start, to get help, to say yes.

A message is such a word only if it is nothing else: "stop" stops, "please don't stop by before noon" is for a person.
Capitals, accents, spaces and punctuation do not matter.
"""

import unicodedata
from enum import StrEnum


class Keyword(StrEnum):
    """What somebody wants."""

    STOP = "stop"
    START = "start"
    HELP = "help"
    YES = "yes"
    """To a sign-up that has to be confirmed."""


_WORDS = {
    Keyword.STOP: (
        # What US networks ask for (CTIA), and then by language: de, fr, es, pt, it, nl, pl, id, vi, th, ja, ar.
        "STOP; STOP ALL; UNSUBSCRIBE; CANCEL; END; QUIT; OPT OUT; REVOKE; "
        "STOPP; ABMELDEN; ABBESTELLEN; ENDE; ARRET; ARRÊTER; STOP SMS; DÉSABONNER; DÉSINSCRIRE; "
        "ALTO; PARAR; BAJA; CANCELAR; DETENER; SAIR; FERMA; FERMARE; ANNULLA; DISISCRIVI; "
        "STOPPEN; AFMELDEN; WYPISZ; KONIEC; REZYGNUJĘ; BERHENTI; DỪNG; NGỪNG; HỦY; "
        "หยุด; ยกเลิก; 停止; ストップ; 解除; 中止; 配信停止; إيقاف; توقف; الغاء; إلغاء"
    ),
    Keyword.START: (
        "START; UNSTOP; SUBSCRIBE; RESUME; ANMELDEN; REPRENDRE; COMMENCER; ALTA; INICIAR; COMENZAR; "
        "COMEÇAR; VOLTAR; INIZIA; RIPRENDI; AANMELDEN; WZNÓW; MULAI; BẮT ĐẦU; เริ่ม; 開始; 再開; スタート; ابدأ; بدء"
    ),
    Keyword.HELP: (
        "HELP; INFO; HILFE; AIDE; CONTACT; AYUDA; AJUDA; AIUTO; HULP; POMOC; BANTUAN; TRỢ GIÚP; "
        "ช่วยเหลือ; ヘルプ; 助けて; مساعدة"
    ),
    Keyword.YES: "YES; Y; JA; OUI; SI; SÍ; SIM; SÌ; TAK; YA; CÓ; ĐỒNG Ý; ใช่; ตกลง; はい; 同意; نعم; OK",
}
_ALIKE = str.maketrans({"đ": "d", "ł": "l", "ø": "o"})
"""Letters that no accent is taken from."""
_LONGEST = 40


def plain(text: str) -> str:
    """The letters and digits of a text alone: ``Arrêt !`` is ``arret``."""
    folded = unicodedata.normalize("NFKD", text[: _LONGEST * 4]).casefold().translate(_ALIKE)
    return "".join(letter for letter in folded if letter.isalnum())


_MEANS = {plain(word): keyword for keyword, words in _WORDS.items() for word in words.split(";")}


def keyword(text: str) -> Keyword | None:
    """What the whole of a message means; None where it is for a person."""
    return _MEANS.get(plain(text)) if len(text) <= _LONGEST else None
