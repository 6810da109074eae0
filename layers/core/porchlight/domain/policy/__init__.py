"""Returns policies: data that decides. ``model`` is what a brand writes, ``facts`` what a rule can ask about,
``assess`` the decision, ``check`` what is wrong with a policy.
"""
