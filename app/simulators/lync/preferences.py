"""What the administrator lets an organizer choose: eligible values, defaults, policies."""

from __future__ import annotations

from app.simulators.lync.resources import assigned_segment
from app.simulators.lync.state import Application, Pool
from app.simulators.lync.wire import Answer, Call, resource


def eligible(pool: Pool, call: Call, app: Application) -> Answer:
    """GET onlineMeetingEligibleValues; a value outside of these makes a request fail."""
    options, assigned = pool.options, assigned_segment(pool, app.owner)
    links = {
        "self": {"href": app.href("onlineMeetings", "eligibleValues")},
        "myOnlineMeetings": {"href": app.href("onlineMeetings", "myOnlineMeetings")},
    }
    if assigned:
        href = app.href("onlineMeetings", "myOnlineMeetings", assigned)
        links["myAssignedOnlineMeeting"] = {"href": href}
    content = {
        "accessLevels": list(options.access_levels),
        "automaticLeaderAssignments": list(options.leader_assignments),
        "eligibleOnlineMeetingRels": ["myOnlineMeetings", *(["myAssignedOnlineMeeting"] if assigned else [])],
        "entryExitAnnouncements": list(options.announcements),
        "lobbyBypassForPhoneUsersSettings": list(options.lobby_bypass),
        "_links": links,
        "rel": "onlineMeetingEligibleValues",
    }
    return resource(content)


def defaults(pool: Pool, call: Call, app: Application) -> Answer:
    """GET onlineMeetingDefaultValues."""
    content = {
        "accessLevel": pool.options.default_access_level,
        "automaticLeaderAssignment": pool.options.default_leader_assignment,
        "defaultOnlineMeetingRel": "myOnlineMeetings",
        "entryExitAnnouncement": pool.options.default_announcement,
        "lobbyBypassForPhoneUsers": pool.options.default_lobby_bypass,
        "participantsWarningThreshold": pool.options.meeting_size,
        "_links": {"self": {"href": app.href("onlineMeetings", "defaultValues")}},
        "rel": "onlineMeetingDefaultValues",
    }
    return resource(content)


def policies(pool: Pool, call: Call, app: Application) -> Answer:
    """GET onlineMeetingPolicies."""
    content = {
        "entryExitAnnouncement": "Enabled" if "Enabled" in pool.options.announcements else "Disabled",
        "externalUserMeetingRecording": "Disabled",
        "meetingRecording": "Disabled",
        "meetingSize": pool.options.meeting_size,
        "phoneUserAdmission": "Enabled" if pool.options.dial_in else "Disabled",
        "voipAudio": "Enabled",
        "_links": {"self": {"href": app.href("onlineMeetings", "policies")}},
        "rel": "onlineMeetingPolicies",
    }
    return resource(content)


def custom_invitation(pool: Pool, call: Call, app: Application) -> Answer:
    """GET onlineMeetingInvitationCustomization."""
    domain = pool.sip_domains[0]
    content = {
        "enterpriseHelpUrl": f"https://meet.{domain}/help",
        "invitationFooterText": "Simulated meeting.",
        "invitationHelpUrl": f"https://meet.{domain}/help",
        "invitationLegalUrl": f"https://meet.{domain}/legal",
        "_links": {"self": {"href": app.href("onlineMeetings", "customInvitation")}},
        "rel": "onlineMeetingInvitationCustomization",
    }
    return resource(content)


def dial_in(pool: Pool, call: Call, app: Application) -> Answer:
    """GET phoneDialInInformation."""
    own = app.href("onlineMeetings", "phoneDialInInformation")
    region = {
        "languages": ["en-US"],
        "name": "Contoso",
        "number": "tel:+15555550100",
        "_links": {"self": {"href": f"{own}/1"}},
        "rel": "dialInRegion",
    }
    content = {
        "defaultRegion": "Contoso",
        "externalDirectoryUri": f"https://dialin.{pool.sip_domains[0]}",
        "internalDirectoryUri": f"https://dialin.{pool.sip_domains[0]}",
        "isAudioConferenceProviderEnabled": False,
        "_links": {"self": {"href": own}},
        "_embedded": {"dialInRegion": [region] if pool.options.dial_in else []},
        "rel": "phoneDialInInformation",
    }
    return resource(content)
