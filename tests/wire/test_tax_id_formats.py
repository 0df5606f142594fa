"""Numbers as the reference prints them pass, whatever their check digits; what cannot be such a number does not."""

import pytest

from tenure.domain.errors import Invalid
from tenure.wire.tax_id_formats import NUMBERS, PATTERNS, TYPES, _modules, check

# Type, an example with made-up digits. Source: Stripe documentation, "Supported tax ID types".
EXAMPLES = """
ad_nrt A-123456-Z
ae_trn 123456789012345
al_tin J12345678N
ar_cuit 12-3456789-01
au_abn 12345678912
au_arn 123456789123
bg_uic 123456789
br_cnpj 01.234.456/5432-10
br_cpf 123.456.789-87
ca_bn 123456789
ca_gst_hst 123456789RT0002
ca_pst_bc PST-1234-5678
ca_qst 1234567890TQ1234
ch_vat CHE-123.456.789 MWST
ch_uid CHE-123.456.789|HR
cl_tin 12.345.678-K
cn_tin 123456789012345678
co_nit 123.456.789-0
de_stn 1234567890
do_rcn 123-4567890-1
es_cif A12345678
eu_oss_vat EU123456789
eu_vat ATU12345678
eu_vat BE0123456789
eu_vat CY12345678Z
eu_vat DE123456789
eu_vat EL123456789
eu_vat ESA1234567Z
eu_vat FRAB123456789
eu_vat IE1234567AB
eu_vat NL123456789B12
eu_vat XI123456789
gb_vat GB123456789
hk_br 12345678
hu_tin 12345678-1-23
id_npwp 012.345.678.9-012.345
in_gst 12ABCDE3456FGZH
jp_trn T1234567891234
ke_pin P000111111A
kr_brn 123-45-67890
mx_rfc ABC010203AB9
my_sst A12-3456-78912345
no_vat 123456789MVA
nz_gst 123456789
pe_ruc 12345678901
ru_inn 1234567891
sg_uen 123456789F
si_tin 12345678
th_vat 1234567891234
tw_vat 12345678
us_ein 12-3456789
uy_ruc 123456789012
ve_rif A-12345678-9
za_vat 4123456789
""".strip().splitlines()


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_reference_s_examples_have_the_right_shape(example: str):
    type, value = example.split(" ", 1)
    check(type, value)


@pytest.mark.parametrize(
    ("type", "value", "right"),
    [
        ("eu_vat", "DE136695976", True),
        ("eu_vat", "DE 136 695 976", True),
        ("eu_vat", "DE136695977", False),
        ("eu_vat", "ATU13585627", True),
        ("eu_vat", "EL094259216", True),
        ("gb_vat", "GB980780684", True),
        ("gb_vat", "802311781", False),
        ("au_abn", "83 914 571 673", True),
        ("au_abn", "99 999 999 999", False),
        ("br_cpf", "390.533.447-05", True),
        ("no_vat", "995525828MVA", True),
        ("us_ein", "91-1144442", True),
    ],
)
def test_check_digits_are_told_apart(type: str, value: str, right: bool):
    assert check(type, value) is right


@pytest.mark.parametrize(
    ("type", "value"),
    [
        ("eu_vat", ""),
        ("eu_vat", "DE12345"),
        ("eu_vat", "136695976"),
        ("eu_vat", "EU123456789"),
        ("eu_vat", "US123456789"),
        ("eu_vat", "CHE123456789"),
        ("gb_vat", "GB1"),
        ("au_abn", "8391457167"),
        ("us_ein", "911144"),
        ("ae_trn", "12345678901234"),
        ("ca_gst_hst", "123456789XX0002"),
        ("jp_trn", "1234567891234"),
    ],
)
def test_what_cannot_be_such_a_number_is_refused(type: str, value: str):
    with pytest.raises(Invalid, match=f"Invalid value for {type}.") as refused:
        check(type, value)
    assert (refused.value.code, refused.value.param) == ("tax_id_invalid", "value")


def test_every_type_has_one_way_to_be_checked():
    assert not set(NUMBERS) & set(PATTERNS)
    assert len(TYPES) > 110
    for type, names in NUMBERS.items():
        assert len(_modules(type)) == len(names), type
