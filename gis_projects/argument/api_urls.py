from django.urls import URLPattern

app_name = "argument-api"
urlpatterns: list[URLPattern] = []
