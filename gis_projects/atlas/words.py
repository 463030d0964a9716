"""What this room's steps say in words (`gis_projects.trail.words`)."""

from django.utils.translation import gettext_noop

WORDS = {
    "atlas.stage_layer": gettext_noop("提交图层新版本（%(source)s），待发布"),
    "atlas.publish_layer": gettext_noop("发布图层版本：%(reason)s"),
    "atlas.send_back_layer": gettext_noop("退回图层版本：%(reason)s"),
    "atlas.cancel_layer": gettext_noop("取消图层上传"),
    "atlas.request_withdrawal": gettext_noop("申请撤回图层版本：%(reason)s"),
    "atlas.withdraw_layer": gettext_noop("撤回图层版本：%(reason)s"),
    "atlas.update_layer": gettext_noop("修改图层目录信息"),
    "atlas.export_layer": gettext_noop("导出图层要素 %(features)s 个（%(format)s）"),
    "atlas.download_export": gettext_noop("下载图层导出文件"),
    "atlas.print_map": gettext_noop("打印地图“%(title)s”，比例尺 1:%(scale)s"),
    "atlas.keep_bookmark": gettext_noop("保存地图书签“%(name)s”"),
    "atlas.change_bookmark": gettext_noop("修改地图书签“%(name)s”"),
    "atlas.delete_bookmark": gettext_noop("删除地图书签“%(name)s”"),
    "atlas.order_bookmarks": gettext_noop("调整 %(number)s 个地图书签的顺序"),
    "atlas.print_series": gettext_noop("打印系列图“%(title)s”，共 %(sheets)s 幅"),
    "atlas.download_series": gettext_noop("下载系列图文件"),
}
FIELDS = {
    "name": gettext_noop("名称"),
    "series": gettext_noop("专题"),
    "shared": gettext_noop("本单位共享"),
}
