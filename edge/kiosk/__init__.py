"""The screens in the store: customer kiosk, front desk, bed station, technician and the customer's report.

One folder is one page family (routes, templates, static, translations); `pages.FAMILIES` lists them. Routes are thin: what
happens is in `services/`, as transactions on the store.
"""
