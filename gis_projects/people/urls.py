from django.urls import path

from gis_projects.people.views import accounts, identity, own, regions, registrations, signing, tokens, units

app_name = "people"
urlpatterns = [
    path("accounts/login/", signing.Login.as_view(), name="login"),
    path("accounts/logout/", signing.Logout.as_view(), name="logout"),
    path("accounts/password/", signing.PasswordChange.as_view(), name="password"),
    path(
        "accounts/set-password/<str:uidb64>/<str:token>/", signing.SetPassword.as_view(), name="set-password"
    ),
    path("accounts/oidc/", identity.begin, name="oidc"),
    path("accounts/oidc/callback/", identity.callback, name="oidc-callback"),
    path("accounts/sessions/", own.sessions, name="sessions"),
    path("accounts/sessions/<uuid:public>/end/", own.end_session, name="end-session"),
    path("accounts/delegations/", own.delegations, name="delegations"),
    path("accounts/delegations/<int:pk>/end/", own.end_delegation_view, name="end-delegation"),
    path("accounts/", accounts.accounts, name="accounts"),
    path("accounts/new/", accounts.new_account, name="new-account"),
    path("accounts/<int:pk>/", accounts.account, name="account"),
    path("account/tokens/", tokens.tokens, name="tokens"),
    path("account/tokens/<int:pk>/revoke/", tokens.revoke_token, name="revoke-token"),
    path("units/", units.units_list, name="units"),
    path("units/register/", registrations.register, name="register"),
    path("units/register/<str:receipt>/", registrations.registered, name="registered"),
    path("units/registrations/", registrations.registrations, name="registrations"),
    path("units/registrations/<int:pk>/", registrations.registration, name="registration"),
    path("units/registrations/<int:pk>/proof/", registrations.proof, name="registration-proof"),
    path("units/<int:pk>/", units.unit, name="unit"),
    path("units/<int:pk>/structure/", units.structure, name="structure"),
    path("units/<int:pk>/chains/<str:item>/", units.chains_of_unit, name="chain"),
    path("units/<int:pk>/accounts/", units.unit_accounts, name="unit-accounts"),
    path("regions/", regions.regions, name="regions"),
    path("regions/<str:code>/", regions.region, name="region"),
]
