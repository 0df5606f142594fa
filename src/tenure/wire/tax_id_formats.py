"""What the number of each type of tax id looks like, by python-stdnum, or by a pattern where that knows no such number.

    check("eu_vat", "DE123456789")    False    the shape is right, the check digit is not
    check("eu_vat", "DE136695976")    True
    check("eu_vat", "DE12")           Invalid: tax_id_invalid

A wrong shape is refused. Wrong check digits are not: Stripe takes such a number too, and verifies it later.
"""

import re

from stdnum.eu.vat import MEMBER_STATES
from stdnum.exceptions import InvalidFormat, ValidationError
from stdnum.util import NumberValidationModule, get_cc_module

from tenure.domain.errors import Invalid

NUMBERS = {
    line.split()[0]: tuple(line.split()[1:])
    for line in """
ad_nrt ad.nrt
al_tin al.nipt
ar_cuit ar.cuit
au_abn au.abn
au_acn au.acn
br_cnpj br.cnpj
br_cpf br.cpf
by_tin by.unp
bg_uic bg.vat
ch_uid ch.uid
ch_vat ch.vat
cl_tin cl.rut
co_nit co.nit
cr_tin cr.cpj cr.cpf cr.cr
cz_dic cz.dic
de_stn de.stnr
do_rcn do.rnc do.cedula
ec_ruc ec.ruc
eg_tin eg.tn
es_cif es.cif es.nif
eu_oss_vat eu.oss
eu_vat eu.vat
fo_vat fo.vn
fr_siren fr.siren
fr_siret fr.siret
fr_spi fr.nif
gb_vat gb.vat
gn_nif gn.nifp
hr_oib hr.oib
ic_nif es.nif
id_npwp id.npwp
in_gst in.gstin
is_kt is.kennitala
is_vat is.vsk
it_cf it.codicefiscale
jp_cn jp.cn
ke_pin ke.pin
kr_brn kr.brn
li_uid ch.uid
me_pib me.pib
mk_vat mk.edb
mx_rfc mx.rfc
no_vat no.mva no.orgnr
nz_gst nz.ird
pe_ruc pe.ruc
pl_nip pl.nip
pt_nif pt.nif
py_ruc py.ruc
ro_tin ro.cf ro.cnp
rs_pib rs.pib
ru_inn ru.inn
sg_uen sg.uen
si_tin si.ddv
sn_ninea sn.ninea
sv_nit sv.nit
tr_tin tr.vkn tr.tckimlik
tw_vat tw.ubn
us_ein us.ein
uy_ruc uy.rut
ve_rif ve.rif
vn_tin vn.mst
za_vat za.tin
""".strip().splitlines()
}
# Without blanks, dots, hyphens and slashes. Source: Stripe documentation, "Supported tax ID types".
PATTERNS = {
    line.split()[0]: re.compile(line.split()[1])
    for line in r"""
ae_trn \d{15}
am_tin \d{8}
ao_tin \d{9,10}|[0-9A-Z]{14}
au_arn \d{12}
au_wpn \d{8,9}
aw_tin \d{8}
az_tin \d{10}
ba_tin \d{12,13}
bb_tin \d{13}
bd_bin \d{13}
bf_ifu \d{8}[A-Z]
bh_vat \d{15}
bj_ifu \d{13}
bo_tin \d{7,12}
bs_tin \d{9}
bw_vat [0-9A-Z]{7,14}
ca_bn \d{9}([A-Z]{2}\d{4})?
ca_gst_hst \d{9}RT\d{4}
ca_pst_bc PST\d{8}
ca_pst_mb \d{7}
ca_pst_sk \d{7}
ca_qst \d{10}TQ\d{4}
cd_nif [A-Z]\d{7}[A-Z]
ci_vat \d{7}[A-Z]
cm_niu [A-Z]\d{12}[A-Z]
cn_tin [0-9A-Z]{15,20}
cv_nif \d{9}
et_tin \d{10}
ge_vat \d{9}
gh_tin [0-9A-Z]{11}
gi_tin \d{5,10}
hk_br \d{8}(\d{3})?
hu_tin \d{11}
il_vat \d{9}
jp_rn \d{5}
jp_trn T\d{13}
kg_tin \d{14}
kh_tin [A-Z]?\d{12,13}
kz_bin \d{12}
la_tin \d{12}
li_vat \d{5}
lk_vat \d{9}(\d{4})?
ma_vat \d{8}|\d{15}
md_cf \d{13}
md_vat \d{7}
mr_nif \d{8}
mu_vat \d{8}
my_frp \d{8}
my_itn [A-Z]{1,2}\d{8,11}
my_sst [A-Z]\d{14}
mz_nuit \d{9}
ng_tin \d{10,13}
no_voec (VOEC)?\d{7}
np_pan \d{9}
nz_bn \d{13}
om_vat OM\d{10}
ph_tin \d{9,14}
ru_kpp \d{9}
sa_vat \d{15}
sg_gst [0-9A-Z]{9,10}
sm_coe (SM)?\d{3,5}
sr_fin \d{10}
th_vat \d{13}
tj_tin \d{9}
tt_bir \d{6,10}
tt_vat \d{6,10}
tz_vat \d{8}[A-Z]
ua_vat \d{8,12}
ug_tin \d{10}
uz_tin \d{9}
uz_vat \d{12}
zm_tin \d{10}
zw_tin \d{8,10}
""".strip().splitlines()
}
TYPES = tuple(sorted({*NUMBERS, *PATTERNS}))
# Greece spells itself EL in its VAT numbers.
VAT_COUNTRIES = frozenset(state.upper() for state in MEMBER_STATES) - {"GR"} | {"EL"}
_SEPARATORS = re.compile(r"[\s./-]+")
# Swiss numbers may name the register or the tax behind them: CHE-123.456.789 | HR
_BAR = re.compile(r"\s*\|\s*")


def check(type: str, value: str, *, param: str = "value") -> bool:
    """Whether the check digits are right, where the number has any. Raises Invalid for a shape that it cannot have."""
    pattern = PATTERNS.get(type)
    if pattern is not None:
        if pattern.fullmatch(_SEPARATORS.sub("", value).upper()):
            return True
        raise _wrong(type, param)
    if type == "eu_vat" and value.strip()[:2].upper() not in VAT_COUNTRIES:
        raise _wrong(type, param)
    spelled = value.partition("|")[0] if type in ("ch_uid", "li_uid") else _BAR.sub(" ", value)
    answers = [_answer(module, spelled) for module in _modules(type)]
    if all(answer is None for answer in answers):
        raise _wrong(type, param)
    return True in answers


def _answer(module: NumberValidationModule, value: str) -> bool | None:
    """Whether the digits are right; None where this cannot be such a number at all."""
    try:
        module.validate(value)
    except InvalidFormat:
        return None
    except ValidationError:
        return False
    return True


def _modules(type: str) -> list[NumberValidationModule]:
    found = (get_cc_module(*name.split(".")) for name in NUMBERS[type])
    return [module for module in found if module is not None]


def _wrong(type: str, param: str) -> Invalid:
    return Invalid(f"Invalid value for {type}.", code="tax_id_invalid", param=param)
