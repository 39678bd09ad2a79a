"""Alerts told outside the pages: to a group chat's robot, or to a site's own service."""
