"""The demo shop: a seeded generator whose truth is known, and the small files made by it."""
