import os
from datetime import timedelta
from pathlib import Path
import pytest
from django.utils import timezone
from django_scopes import scope
from console.models import *
from console.policy.publication import Terms
from tests import cast
from tests.oauth.driver import Application

OUT = Path("/tmp/shots"); OUT.mkdir(exist_ok=True)

def family(user, client, **f):
    now = timezone.now()
    with scope(tenant=user.tenant):
        return TokenFamily.objects.create(tenant=user.tenant, user=user, client=client, grant_type="authorization_code", scope="openid", access_expires_at=now+timedelta(minutes=40), expires_at=now+timedelta(days=9), **f)

def test_shots(acme, globex, alice, bob, carol, mallory, new_page, signed_in, console_url, violations):
    reports, _ = cast.register(globex, name="Report portal", description="Published by Globex for every organisation of the region.", homepage_url="https://portal.globex.example/about", redirect_uris=["https://portal.globex.example/callback","https://eu.portal.globex.example/callback"], allowed_scopes=["openid","profile","email","offline_access","apps:read","apps:export","user_default"])
    insights, _ = cast.register(globex, name="Insight studio", homepage_url="https://studio.example.net", redirect_uris=["https://studio.globex.example/cb"], allowed_scopes=["openid","profile","apps","offline_access","spaces.shared:read"], grant_types=["client_credentials"])
    other, _ = cast.register(globex, name="Planner", redirect_uris=["https://planner.globex.example/cb"], allowed_scopes=["openid","profile"])
    own, _ = cast.register(acme, name="Sales dashboard", consent_method="trusted")
    people = [cast.join(acme, n) for n in ("dora","erik","frida")]
    with scope(tenant=globex):
        for c in (reports, insights, other): c.publish(by=Actor(user=mallory))
    with scope(tenant=acme):
        con = Connection.approve(acme, reports, by=Actor(user=alice), consent_method="required", allowed=["openid","profile","offline_access","user_default"], expires_at=timezone.now()+timedelta(days=40))
        blocked = Connection.approve(acme, other, by=Actor(user=alice), consent_method="required")
        for u in (bob, *people):
            Consent.give(u, reports, ["openid","profile","offline_access"], redirect_host="portal.globex.example", shown={}, by=Actor(user=u))
        Consent.give(bob, other, ["openid","profile"], redirect_host="x", shown={}, by=Actor(user=bob))
        blocked.block(by=Actor(user=alice))
        family(bob, reports); family(people[0], reports); family(bob, own)
        r,_ = ConnectionRequest.ask(bob, insights, reason="The board wants the quarterly figures on one page, and the studio can do it.", by=Actor(user=bob))
        ConnectionRequest.ask(people[0], insights, reason="", by=Actor(user=people[0]))
        d,_ = ConnectionRequest.ask(people[1], other, reason="Planning", by=Actor(user=people[1]))
        d.deny("We use the calendar of the intranet for this. Talk to me if that is not enough.", by=Actor(user=alice))
    with scope(tenant=globex):
        reports.edit(by=Actor(user=mallory), allowed_scopes=["openid","profile","email","offline_access","user_default","admin_classic"], redirect_uris=["https://portal.globex.example/callback","https://apps.globex.example/callback"])
    app = Application(insights, tenant=acme)
    ap = app.address(scope="openid profile apps")
    with scope(tenant=acme):
        consent = Consent.objects.filter(user=bob).first()
    alices = {
        "conn": f"/console/oauth/connections/{con.pk}", "conn_blocked": f"/console/oauth/connections/{blocked.pk}",
        "version": f"/console/oauth/connections/{con.pk}/version", "scopes": f"/console/oauth/connections/{con.pk}/scopes",
        "block": f"/console/oauth/connections/{con.pk}/block", "remove": f"/console/oauth/connections/{con.pk}/remove",
        "method": f"/console/oauth/connections/{con.pk}/consent-method",
        "grants": f"/console/oauth/connections/{con.pk}/grants", "own_grants": f"/console/oauth/{own.client_id}/grants",
        "people": "/console/people", "person": f"/console/people/{bob.pk}", "withdraw": f"/console/people/{bob.pk}/grants/{reports.client_id}/withdraw",
        "requests": "/console/requests", "req_approve": f"/console/requests/{r.pk}/approve", "req_deny": f"/console/requests/{r.pk}/deny", "req_decided": f"/console/requests/{d.pk}/deny",
        "approve": ap, "events": "/console/events",
    }
    bobs = {"ask": app.address(scope="openid profile apps offline_access"), "own_requests": "/account/requests", "apps": "/account/applications", "w": f"/account/applications/{consent.pk}/withdraw"}
    only = os.environ.get("ONLY","").split(",") if os.environ.get("ONLY") else None
    bad = []
    for user, pages in ((alice, alices), (bob, bobs)):
        for mode, opts in {"wide": {}, "dark": {"color_scheme":"dark"}, "narrow": {"viewport":{"width":390,"height":844}}, "nd": {"viewport":{"width":390,"height":844},"color_scheme":"dark"}}.items():
            page = signed_in(new_page(**opts), user)
            for name, path in pages.items():
                if only and name not in only: continue
                page.goto(console_url(acme, path))
                page.screenshot(path=OUT/f"{name}-{mode}.png", full_page=True)
                if mode in ("wide","dark","narrow"): bad += [f"{name}-{mode}: {v}" for v in violations(page)]
                w = page.evaluate("document.documentElement.scrollWidth - innerWidth")
                if w > 0: bad.append(f"{name}-{mode}: scrolls sideways {w}")
    region = f"http://localhost:{acme.issuer.rsplit(':',1)[1]}"
    for mode, opts in {"wide": {}, "narrow": {"viewport":{"width":390,"height":844},"color_scheme":"dark"}}.items():
        page = new_page(**opts)
        page.goto(region + app.address(scope="openid"))
        page.screenshot(path=OUT/f"hostname-{mode}.png", full_page=True)
        page.fill("[name=hostname]", "nobody.example"); page.click("text=Continue")
        page.screenshot(path=OUT/f"hostname_bad-{mode}.png", full_page=True)
        bad += violations(page)
        page.fill("[name=hostname]", "acme"); page.click("text=Continue")
        page.goto(region + app.address(scope="openid"))
        page.screenshot(path=OUT/f"hostname_known-{mode}.png", full_page=True)
        bad += violations(page)
    print("\n".join(bad))
    assert not bad
