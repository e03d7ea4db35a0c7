"""A page of its own: one view in one file, admin/pages/weather_page.py."""

from flask import render_template_string
from flask_admin import BaseView, expose

from admin.frame.context import actor
from models.core.boxes import CLERK
from models.core.gates import rows
from models.core.register import find

PAGE = """
{% extends "layout/base.html" %}
{% block content %}<p>下雨 {{ days }} 次</p>{% endblock %}
"""


class Weather(BaseView):
    @expose("/")
    def index(self):
        days = rows(actor(), find("weather")).count()
        return render_template_string(PAGE, page_title="雨天一览", days=days)

    @expose("/plain")
    def plain(self):
        return self.render("admin/master.html")


def add_to(panel):
    panel.add_view(Weather("雨天", category="安全与资助", endpoint="rain", url="/rain"), (CLERK,))
    panel.add_view(Weather("无人可看", endpoint="nobody", url="/nobody"))
