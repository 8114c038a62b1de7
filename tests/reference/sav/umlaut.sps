* Makes latin1.sav: pspp umlaut.sps (PSPP 1.6.2). The file declares windows-1252 and its text is in that encoding.
SET LOCALE='windows-1252'.
DATA LIST LIST NOTABLE /größe (F3) ort (A10).
BEGIN DATA
180 "Köln"
98 "Zürich"
END DATA.
VARIABLE LABELS größe 'Größe in cm'.
VALUE LABELS größe 98 'Weiß nicht'.
MISSING VALUES größe (98).
SAVE OUTFILE='latin1.sav'.
