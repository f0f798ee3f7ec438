"""What shops of other languages call the columns: German, French, Spanish, Italian, Portuguese,
Dutch, Japanese. English and Chinese stand in `core.intake.fields`.
"""

from collections.abc import Mapping

NAMES: Mapping[str, tuple[str, ...]] = {
    "order_id": (
        "bestellnummer", "bestellnr", "bestellnr.", "auftragsnummer", "rechnungsnummer",
        "numéro de commande", "n° de commande", "commande", "número de pedido", "nº de pedido",
        "pedido", "numero ordine", "numero d'ordine", "ordine", "número do pedido", "bestelnummer",
        "注文番号", "注文id", "受注番号",
    ),
    "ordered_at": (
        "bestelldatum", "auftragsdatum", "rechnungsdatum", "datum", "bestellt am",
        "date de commande", "date de la commande", "fecha", "fecha de pedido", "fecha del pedido",
        "data", "data ordine", "data dell'ordine", "data do pedido", "besteldatum", "注文日",
        "注文日時", "購入日", "受注日",
    ),
    "customer_id": (
        "kunde", "kundennummer", "kundennr", "kundennr.", "kunden-id", "client n°",
        "numéro client", "n° client", "acheteur", "cliente", "id cliente", "número de cliente",
        "codice cliente", "comprador", "klant", "klantnummer", "顧客id", "顧客番号", "会員id",
        "会員番号",
    ),
    "product_id": (
        "artikelnummer", "artikelnr", "artikelnr.", "art.-nr.", "artikel-nr.", "référence",
        "ref", "réf.", "code article", "referencia", "código", "código de producto",
        "codice articolo", "codice prodotto", "código do produto", "商品コード", "品番", "商品番号",
    ),
    "product_name": (
        "artikel", "artikelbezeichnung", "bezeichnung", "produkt", "produktname", "article",
        "produit", "désignation", "libellé", "producto", "artículo", "nombre del producto",
        "descripción", "prodotto", "articolo", "descrizione", "produto", "nome do produto",
        "productnaam", "商品名", "品名",
    ),
    "category": (
        "kategorie", "warengruppe", "catégorie", "categoría", "categoria", "categorie",
        "カテゴリ", "カテゴリー",
    ),
    "quantity": (
        "menge", "anzahl", "stück", "stückzahl", "quantité", "qté", "cantidad", "unidades",
        "quantità", "q.tà", "quantidade", "aantal", "数量", "個数",
    ),
    "unit_price": (
        "preis", "einzelpreis", "stückpreis", "prix", "prix unitaire", "precio",
        "precio unitario", "prezzo", "prezzo unitario", "preço", "preço unitário", "prijs",
        "stukprijs", "単価", "販売価格",
    ),
    "discount": ("rabatt", "nachlass", "remise", "réduction", "descuento", "sconto", "desconto",
                 "korting", "値引き", "割引"),
    "revenue": (
        "umsatz", "gesamt", "gesamtpreis", "betrag", "summe", "montant", "prix total", "importe",
        "importo", "totale", "valor total", "bedrag", "totaal", "売上", "小計", "合計金額",
    ),
    "status": ("bestellstatus", "statut", "estado", "stato", "situação", "注文ステータス"),
    "country": ("land", "lieferland", "pays", "país", "paese", "国"),
    "currency": ("währung", "devise", "moneda", "valuta", "moeda", "通貨"),
}  # fmt: skip
