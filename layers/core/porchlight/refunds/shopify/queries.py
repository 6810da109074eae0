"""What Shopify is asked, in GraphQL (2026-04)."""

_TRANSACTION = "id kind status gateway amountSet { presentmentMoney { amount currencyCode } } parentTransaction { id }"

ORDER = f"""
query Order($id: ID!) {{
  order(id: $id) {{
    id
    transactions(first: 100) {{ {_TRANSACTION} }}
    refunds(first: 100) {{ id note transactions(first: 50) {{ nodes {{ id kind status }} }} }}
  }}
}}
"""

REFUND = """
mutation Refund($input: RefundInput!, $key: String!) {
  refundCreate(input: $input) @idempotent(key: $key) {
    refund { id note transactions(first: 50) { nodes { id kind status } } }
    userErrors { field message }
  }
}
"""

CREDITS = """
query Credits($id: ID!) {
  order(id: $id) {
    customer {
      id
      storeCreditAccounts(first: 10) {
        nodes {
          id
          transactions(first: 50, reverse: true) {
            nodes {
              amount { amount currencyCode }
              createdAt
              ... on StoreCreditAccountCreditTransaction { id }
            }
          }
        }
      }
    }
  }
}
"""

CREDIT = """
mutation Credit($id: ID!, $input: StoreCreditAccountCreditInput!) {
  storeCreditAccountCredit(id: $id, creditInput: $input) {
    storeCreditAccountTransaction { id }
    userErrors { code field message }
  }
}
"""
