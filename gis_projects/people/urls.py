from django.urls import path

from gis_projects.people import views

app_name = "people"
urlpatterns = [
    path("accounts/login/", views.Login.as_view(), name="login"),
    path("accounts/logout/", views.Logout.as_view(), name="logout"),
    path("accounts/password/", views.PasswordChange.as_view(), name="password"),
    path("account/tokens/", views.tokens, name="tokens"),
    path("account/tokens/<int:pk>/revoke/", views.revoke_token, name="revoke-token"),
]
