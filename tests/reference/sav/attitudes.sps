* Makes attitudes.sav and attitudes.zsav: pspp attitudes.sps (PSPP 1.6.2).
SET LOCALE='UTF-8'.
DATA LIST LIST NOTABLE /id (A6) approval (F2) trust (F4) income (F8.2) region (A2) 省份 (A9) born (DATE11) filled (DATETIME20) lasted (TIME8) comment (A300) empty (F8.2).
BEGIN DATA
"000001" 5 3 1200.50 "BJ" "北京" 05-JAN-1980 "01-OCT-2026 10:11:12" 00:12:30 "Grüße" .
"000002" 98 -5 -1 "BJ" "北京" 29-FEB-2000 "02-OCT-2026 23:59:59" 01:00:00 "没有意见" .
"000003" 99 -7 9999999 "XX" "上海" . . . "" .
"000004" -9 4 0.1 "SH" "上海" 31-DEC-1582 "03-OCT-2026 00:00:00" 00:00:01 "x" .
"000005" . 9 . "  " "  " 01-JAN-1900 . . "y" .
END DATA.
FILE LABEL 'Attitudes, a made-up wave'.
ADD DOCUMENT 'Five made-up respondents.' 'Written by PSPP.'.
VARIABLE LABELS id 'Respondent' approval 'Approval of the social credit system' trust 'Trust in local government'
  省份 '被访者所在省份' comment 'Anything else?'.
VALUE LABELS approval 1 'Strongly disapprove' 2 'Disapprove' 3 'Neither' 4 'Approve' 5 'Strongly approve'
  98 "Don't know" 99 'Refused' -9 'Not asked'
  /trust -5 '拒绝回答' -7 'Weiß nicht' 1 'None' 4 'A great deal'
  /region 'BJ' 'Beijing' 'SH' 'Shanghai' 'XX' 'Refused'.
MISSING VALUES approval (98, 99, -9) trust (LO THRU -1, 9) income (9999990 THRU HI, -1) region ('XX', '  ')
  born ('01-JAN-1900').
VARIABLE LEVEL approval trust (ORDINAL) income (SCALE) region (NOMINAL).
SAVE OUTFILE='attitudes.sav'.
SAVE OUTFILE='attitudes.zsav' /ZCOMPRESSED.
