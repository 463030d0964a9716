from django.urls import URLPattern

app_name = "argument"
urlpatterns: list[URLPattern] = []
