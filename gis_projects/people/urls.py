from django.urls import path

from gis_projects.people.views import signing, tokens

app_name = "people"
urlpatterns = [
    path("accounts/login/", signing.Login.as_view(), name="login"),
    path("accounts/logout/", signing.Logout.as_view(), name="logout"),
    path("accounts/password/", signing.PasswordChange.as_view(), name="password"),
    path("account/tokens/", tokens.tokens, name="tokens"),
    path("account/tokens/<int:pk>/revoke/", tokens.revoke_token, name="revoke-token"),
]
