"""The region's catalogue of scopes: what each is called, in words for the person who reads a consent page.

Only data. A title completes the sentence "This application will be able to: ..."; a description is one plain
sentence. Both are English source text, marked for translation here and translated where they are shown.

`parent` names the scope that contains this one (Q4): whoever holds `apps` also holds `apps:read`. A scope
whose name ends in `:all` contains its siblings. The bundles `user_default` and `admin_classic` have no
children here, because they follow the catalogue: every ordinary scope, and every scope with `admin` set.
Which scopes a client may ask for and what a grant contains is decided elsewhere.

`sensitive` marks what deserves a second look: it deletes, manages, shares or exports, or works while the
person is away. Every scope of the administrators is sensitive, even the ones that only read, since they
reach beyond the person who consents.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from .translation import gettext_noop


@dataclass(frozen=True, slots=True)
class Scope:
    """One permission that a token can carry. It can only narrow what the user may do."""

    name: str
    area: str
    title: str
    description: str
    parent: str | None = None
    sensitive: bool = False
    admin: bool = False


AREAS: Mapping[str, str] = MappingProxyType(
    {
        "sign_in": gettext_noop("Sign-in"),
        "account": gettext_noop("Your account"),
        "apps": gettext_noop("Apps"),
        "spaces": gettext_noop("Spaces"),
        "users": gettext_noop("Users"),
        "automations": gettext_noop("Automations"),
        "data": gettext_noop("Data"),
        "ai": gettext_noop("AI"),
        "platform": gettext_noop("Platform"),
        "administration": gettext_noop("Administration"),
    }
)
"""Title of each area, in the order in which a page shows them."""


SIGN_IN: tuple[Scope, ...] = (
    Scope(
        "openid",
        "sign_in",
        gettext_noop("Confirm your identity"),
        gettext_noop("It sees when you signed in and an ID that stays the same."),
    ),
    Scope(
        "profile",
        "sign_in",
        gettext_noop("See your name and language"),
        gettext_noop("It reads the name, picture, language and time zone of your profile."),
    ),
    Scope(
        "email",
        "sign_in",
        gettext_noop("See your email address"),
        gettext_noop("It reads your email address and whether it has been confirmed."),
    ),
    Scope(
        "groups",
        "sign_in",
        gettext_noop("See which groups you are in"),
        gettext_noop("It reads the names of your groups in this organisation."),
    ),
    Scope(
        "roles",
        "sign_in",
        gettext_noop("See your role"),
        gettext_noop("It reads whether you are an administrator, an auditor or a user here."),
    ),
    Scope(
        "offline_access",
        "sign_in",
        gettext_noop("Stay connected when you’re not using it"),
        gettext_noop("It can keep acting for you after you sign out, until you revoke its access."),
        sensitive=True,
    ),
)

ACCOUNT: tuple[Scope, ...] = (
    Scope(
        "user_default",
        "account",
        gettext_noop("Do everything you can do with your own account and content"),
        gettext_noop("It has every permission of an ordinary user, including those that are added later."),
        sensitive=True,
    ),
    Scope(
        "identity.name:read",
        "account",
        gettext_noop("See your name"),
        gettext_noop("It reads the name of your user account."),
    ),
    Scope(
        "identity.email:read",
        "account",
        gettext_noop("See the email address of your account"),
        gettext_noop("It reads the email address of your user account."),
    ),
    Scope(
        "identity.picture:read",
        "account",
        gettext_noop("See your picture"),
        gettext_noop("It reads the picture of your user account."),
    ),
    Scope(
        "identity.subject:read",
        "account",
        gettext_noop("See your sign-in ID"),
        gettext_noop("It reads the ID that your organisation's sign-in service has for you."),
    ),
)

APPS: tuple[Scope, ...] = (
    Scope(
        "apps",
        "apps",
        gettext_noop("See, change and delete your apps"),
        gettext_noop("It can open, create, change, export and delete the apps that you have access to."),
        sensitive=True,
    ),
    Scope(
        "apps:read",
        "apps",
        gettext_noop("See your apps"),
        gettext_noop("It can open the apps that you have access to and read what is in them."),
        parent="apps",
    ),
    Scope(
        "apps:export",
        "apps",
        gettext_noop("Export your apps"),
        gettext_noop("It can take whole apps, and the data in them, out of the platform as files."),
        parent="apps",
        sensitive=True,
    ),
    Scope(
        "apps:manage",
        "apps",
        gettext_noop("Set how much capacity your apps use"),
        gettext_noop("It can choose the size of the engine that your apps are loaded into."),
        parent="apps",
        sensitive=True,
    ),
    Scope(
        "apps.data:export",
        "apps",
        gettext_noop("Export data from your apps"),
        gettext_noop("It can save the data behind tables and charts as files."),
        sensitive=True,
    ),
    Scope(
        "apps.image:export",
        "apps",
        gettext_noop("Export pictures from your apps"),
        gettext_noop("It can save charts and sheets of your apps as pictures."),
        sensitive=True,
    ),
    Scope(
        "apps.report:all",
        "apps",
        gettext_noop("Create and manage reports from your apps"),
        gettext_noop("It can create, change, delete and export the reports that your apps produce."),
        sensitive=True,
    ),
    Scope(
        "apps.report:export",
        "apps",
        gettext_noop("Export reports from your apps"),
        gettext_noop("It can produce reports from your apps and save them as files."),
        parent="apps.report:all",
        sensitive=True,
    ),
    Scope(
        "app.share",
        "apps",
        gettext_noop("Share your apps with other people"),
        gettext_noop("It can give other people access to content of your apps."),
        sensitive=True,
    ),
)

SPACES: tuple[Scope, ...] = (
    Scope(
        "spaces.data",
        "spaces",
        gettext_noop("Manage your data spaces"),
        gettext_noop("It can create, change and delete data spaces and decide who belongs to them."),
        sensitive=True,
    ),
    Scope(
        "spaces.data:read",
        "spaces",
        gettext_noop("See your data spaces"),
        gettext_noop("It can list the data spaces that you belong to and see their members."),
        parent="spaces.data",
    ),
    Scope(
        "spaces.managed",
        "spaces",
        gettext_noop("Manage your managed spaces"),
        gettext_noop("It can create, change and delete managed spaces and decide who belongs to them."),
        sensitive=True,
    ),
    Scope(
        "spaces.managed:read",
        "spaces",
        gettext_noop("See your managed spaces"),
        gettext_noop("It can list the managed spaces that you belong to and see their members."),
        parent="spaces.managed",
    ),
    Scope(
        "spaces.shared",
        "spaces",
        gettext_noop("Manage your shared spaces"),
        gettext_noop("It can create, change and delete shared spaces and decide who belongs to them."),
        sensitive=True,
    ),
    Scope(
        "spaces.shared:create",
        "spaces",
        gettext_noop("Create shared spaces"),
        gettext_noop("It can start new shared spaces in your name."),
        parent="spaces.shared",
    ),
    Scope(
        "spaces.shared:read",
        "spaces",
        gettext_noop("See your shared spaces"),
        gettext_noop("It can list the shared spaces that you belong to and see their members."),
        parent="spaces.shared",
    ),
)

USERS: tuple[Scope, ...] = (
    Scope(
        "users",
        "users",
        gettext_noop("See other users and change your own preferences"),
        gettext_noop(
            "It can see the names and email addresses of people in your organisation and change the preferences "
            "of your account."
        ),
    ),
    Scope(
        "users:read",
        "users",
        gettext_noop("See other users"),
        gettext_noop("It can see the names and email addresses of people in your organisation."),
        parent="users",
    ),
)

AUTOMATIONS: tuple[Scope, ...] = (
    Scope(
        "automations",
        "automations",
        gettext_noop("Create, run and delete your automations"),
        gettext_noop(
            "It can create, change, run and delete automations, which may run when you’re not signed in."
        ),
        sensitive=True,
    ),
    Scope(
        "automations:read",
        "automations",
        gettext_noop("See your automations"),
        gettext_noop("It can list your automations and see when they ran and how it went."),
        parent="automations",
    ),
    Scope(
        "automations.private",
        "automations",
        gettext_noop("Manage the automations that only you can see"),
        gettext_noop("It can create, change, run and delete your private automations."),
        sensitive=True,
    ),
    Scope(
        "automations.shared",
        "automations",
        gettext_noop("Manage the automations that you share with others"),
        gettext_noop(
            "It can create, change, run and delete automations in spaces that you share with other people."
        ),
        sensitive=True,
    ),
)

DATA: tuple[Scope, ...] = (
    Scope(
        "data-connections",
        "data",
        gettext_noop("Create, change and delete your data connections"),
        gettext_noop("It can manage the connections through which your data is fetched."),
        sensitive=True,
    ),
    Scope(
        "data-connections:read",
        "data",
        gettext_noop("See your data connections"),
        gettext_noop("It can list your data connections and see their settings."),
        parent="data-connections",
    ),
    Scope(
        "dataset",
        "data",
        gettext_noop("Create, change and delete your datasets"),
        gettext_noop("It can manage the datasets that you have access to."),
        sensitive=True,
    ),
    Scope(
        "dataproduct",
        "data",
        gettext_noop("Create, change and delete your data products"),
        gettext_noop("It can manage the data products that you have access to."),
        sensitive=True,
    ),
    Scope(
        "dataproduct:consume",
        "data",
        gettext_noop("Use data products"),
        gettext_noop("It can find the data products that are open to you and use their data."),
        parent="dataproduct",
    ),
    Scope(
        "dataquality",
        "data",
        gettext_noop("Measure the quality of your data"),
        gettext_noop(
            "It can start quality checks on your datasets, change their settings and read the results."
        ),
    ),
    Scope(
        "dataquality:read",
        "data",
        gettext_noop("See the quality of your data"),
        gettext_noop("It can read the results of quality checks on your datasets."),
        parent="dataquality",
    ),
    Scope(
        "dataqualityrules",
        "data",
        gettext_noop("Create, change and delete data quality rules"),
        gettext_noop(
            "It can manage the rules that your data is checked against, and assign them to datasets."
        ),
        sensitive=True,
    ),
    Scope(
        "dataqualityrules:assign",
        "data",
        gettext_noop("Assign data quality rules"),
        gettext_noop("It can decide which of the existing rules apply to your datasets."),
        parent="dataqualityrules",
    ),
    Scope(
        "semantictype",
        "data",
        gettext_noop("Create, change and delete semantic types"),
        gettext_noop("It can manage the descriptions that say what a column of data means."),
        sensitive=True,
    ),
    Scope(
        "semantictype:read",
        "data",
        gettext_noop("See semantic types"),
        gettext_noop("It can read the descriptions that say what a column of data means."),
        parent="semantictype",
    ),
    Scope(
        "glossary:all",
        "data",
        gettext_noop("Do everything with glossaries"),
        gettext_noop("It can create, change and delete glossaries and the terms in them."),
        sensitive=True,
    ),
    Scope(
        "glossary:manage",
        "data",
        gettext_noop("Manage glossaries"),
        gettext_noop("It can create and delete glossaries and decide who looks after them."),
        parent="glossary:all",
        sensitive=True,
    ),
    Scope(
        "glossary:update",
        "data",
        gettext_noop("Change glossaries"),
        gettext_noop("It can add and change the terms of glossaries that exist."),
        parent="glossary:all",
    ),
    Scope(
        "lineage:create",
        "data",
        gettext_noop("Record where data comes from"),
        gettext_noop("It can add information on how your data was made and where it is used."),
    ),
    Scope(
        "lineage:read",
        "data",
        gettext_noop("See where data comes from"),
        gettext_noop("It can follow how your data was made and where it is used."),
    ),
    Scope(
        "governance-definition:read",
        "data",
        gettext_noop("See the rules for handling data"),
        gettext_noop("It can read how your organisation has defined the handling of its data."),
    ),
    Scope(
        "trustscore",
        "data",
        gettext_noop("See and change how far your data can be trusted"),
        gettext_noop("It can read the trust scores of your datasets and change how they are worked out."),
    ),
    Scope(
        "sprints:all",
        "data",
        gettext_noop("Do everything with data sprints"),
        gettext_noop("It can create, change and delete sprints and take part in them."),
        sensitive=True,
    ),
    Scope(
        "sprints:contribute",
        "data",
        gettext_noop("Take part in data sprints"),
        gettext_noop("It can work on the tasks of sprints that you belong to."),
        parent="sprints:all",
    ),
    Scope(
        "write-table:external_read",
        "data",
        gettext_noop("Read what was entered into write tables"),
        gettext_noop("It can fetch the changes that people have made in write tables of your apps."),
    ),
)

AI: tuple[Scope, ...] = (
    Scope(
        "ai-descriptions",
        "ai",
        gettext_noop("Have descriptions written by AI"),
        gettext_noop("It can ask an AI service to describe your content."),
    ),
    Scope(
        "analysis-agent",
        "ai",
        gettext_noop("Ask the analysis agent"),
        gettext_noop("It can put questions about your data to the agent and read the answers."),
    ),
    Scope(
        "assistants",
        "ai",
        gettext_noop("Create, change, use and delete assistants"),
        gettext_noop("It can manage your AI assistants and hold conversations with them."),
        sensitive=True,
    ),
    Scope(
        "assistants:read",
        "ai",
        gettext_noop("See your assistants"),
        gettext_noop("It can list your AI assistants and read their conversations."),
        parent="assistants",
    ),
    Scope(
        "automl-deployments",
        "ai",
        gettext_noop("Manage deployed prediction models"),
        gettext_noop("It can deploy prediction models, change and remove them, and predict with them."),
        sensitive=True,
    ),
    Scope(
        "automl-deployments:predict",
        "ai",
        gettext_noop("Make predictions"),
        gettext_noop("It can run your data through prediction models that are already deployed."),
        parent="automl-deployments",
    ),
    Scope(
        "automl-experiments",
        "ai",
        gettext_noop("Create, change and delete prediction experiments"),
        gettext_noop(
            "It can train and compare prediction models on your data, with help from generative AI."
        ),
        sensitive=True,
    ),
    Scope(
        "automl-experiments:no_gen_ai_assist",
        "ai",
        gettext_noop("Run prediction experiments without generative AI"),
        gettext_noop(
            "It can train and compare prediction models on your data, and no generative AI takes part."
        ),
        parent="automl-experiments",
    ),
    Scope(
        "data-governance-agents",
        "ai",
        gettext_noop("Ask the data governance agents"),
        gettext_noop("It can let AI agents examine how your data is described and governed."),
    ),
    Scope(
        "discovery-agent",
        "ai",
        gettext_noop("Use and set up the discovery agent"),
        gettext_noop(
            "It can decide what the agent watches in your data, and read what it finds when you’re not "
            "signed in."
        ),
        sensitive=True,
    ),
    Scope(
        "discovery-agent:read",
        "ai",
        gettext_noop("See what the discovery agent found"),
        gettext_noop("It can read what the agent has noticed in your data."),
        parent="discovery-agent",
    ),
    Scope(
        "help-agent",
        "ai",
        gettext_noop("Ask the help agent"),
        gettext_noop("It can put questions on how to use the platform to the agent."),
    ),
    Scope(
        "knowledgebases",
        "ai",
        gettext_noop("Create, change and delete knowledge bases"),
        gettext_noop("It can manage the collections of documents that assistants answer from."),
        sensitive=True,
    ),
    Scope(
        "knowledgebases:read",
        "ai",
        gettext_noop("See your knowledge bases"),
        gettext_noop("It can list your knowledge bases and the documents in them."),
        parent="knowledgebases",
    ),
    Scope(
        "knowledgebases:index",
        "ai",
        gettext_noop("Refresh knowledge bases"),
        gettext_noop("It can have the documents of your knowledge bases read again."),
        parent="knowledgebases",
    ),
    Scope(
        "knowledgebases:search",
        "ai",
        gettext_noop("Search knowledge bases"),
        gettext_noop("It can look for passages in the documents of your knowledge bases."),
        parent="knowledgebases",
    ),
    Scope(
        "mcp:execute",
        "ai",
        gettext_noop("Let an AI application use tools in your name"),
        gettext_noop(
            "It can run the tools of the platform over the Model Context Protocol, with what you may do."
        ),
        sensitive=True,
    ),
    Scope(
        "thread-audits",
        "ai",
        gettext_noop("See the record of AI conversations"),
        gettext_noop(
            "It can read what was asked of and answered by AI services in conversations you have access to."
        ),
        sensitive=True,
    ),
)

PLATFORM: tuple[Scope, ...] = (
    Scope(
        "webhooks",
        "platform",
        gettext_noop("Create, change and delete your webhooks"),
        gettext_noop(
            "It can have messages about events sent to other systems, even when you’re not signed in."
        ),
        sensitive=True,
    ),
    Scope(
        "geo-operations",
        "platform",
        gettext_noop("Use map calculations"),
        gettext_noop("It can look up places, work out routes and compute areas from your data."),
    ),
    Scope(
        "geo-operations.limited",
        "platform",
        gettext_noop("Use basic map calculations"),
        gettext_noop("It can use a limited set of the operations on places and areas."),
    ),
    Scope(
        "environments:read",
        "platform",
        gettext_noop("See environments"),
        gettext_noop("It can list the environments that your organisation works in."),
    ),
    Scope(
        "direct-access-gateways:consume_data",
        "platform",
        gettext_noop("Fetch data through gateways"),
        gettext_noop("It can read data from your organisation's own network through its gateways."),
        sensitive=True,
    ),
)

ADMINISTRATION: tuple[Scope, ...] = (
    Scope(
        "admin_classic",
        "administration",
        gettext_noop("Do everything a tenant administrator can do"),
        gettext_noop(
            "It has every permission of an administrator in the whole tenant, including those added later."
        ),
        sensitive=True,
        admin=True,
    ),
    Scope(
        "admin.apps",
        "administration",
        gettext_noop("Manage every app in the tenant"),
        gettext_noop("It can see, change, export and delete apps that belong to anyone."),
        sensitive=True,
        admin=True,
    ),
    Scope(
        "admin.apps:read",
        "administration",
        gettext_noop("See every app in the tenant"),
        gettext_noop("It can list apps that belong to anyone and see their settings."),
        parent="admin.apps",
        sensitive=True,
        admin=True,
    ),
    Scope(
        "admin.apps:export",
        "administration",
        gettext_noop("Export any app in the tenant"),
        gettext_noop(
            "It can take apps that belong to anyone, and the data in them, out of the platform as files."
        ),
        parent="admin.apps",
        sensitive=True,
        admin=True,
    ),
    Scope(
        "admin.spaces",
        "administration",
        gettext_noop("Manage every space in the tenant"),
        gettext_noop("It can create, change and delete any space and decide who belongs to it."),
        sensitive=True,
        admin=True,
    ),
    Scope(
        "admin.spaces:read",
        "administration",
        gettext_noop("See every space in the tenant"),
        gettext_noop("It can list all spaces and see their members."),
        parent="admin.spaces",
        sensitive=True,
        admin=True,
    ),
    Scope(
        "admin.users",
        "administration",
        gettext_noop("Manage the users of the tenant"),
        gettext_noop("It can invite, change, disable and delete users and decide which roles they have."),
        sensitive=True,
        admin=True,
    ),
    Scope(
        "admin.users:read",
        "administration",
        gettext_noop("See all details of the users of the tenant"),
        gettext_noop("It can read the accounts, roles and groups of all users."),
        parent="admin.users",
        sensitive=True,
        admin=True,
    ),
    Scope(
        "admin.automations",
        "administration",
        gettext_noop("Manage every automation in the tenant"),
        gettext_noop("It can see, stop, hand over and delete automations that belong to anyone."),
        sensitive=True,
        admin=True,
    ),
    Scope(
        "admin.automations:read",
        "administration",
        gettext_noop("See every automation in the tenant"),
        gettext_noop("It can list automations that belong to anyone and see how they ran."),
        parent="admin.automations",
        sensitive=True,
        admin=True,
    ),
    Scope(
        "admin.dataproduct",
        "administration",
        gettext_noop("Manage every data product in the tenant"),
        gettext_noop("It can see, change and delete data products that belong to anyone."),
        sensitive=True,
        admin=True,
    ),
    Scope(
        "admin.dataquality",
        "administration",
        gettext_noop("Manage data quality in the whole tenant"),
        gettext_noop("It can start quality checks on any dataset and change how they work."),
        sensitive=True,
        admin=True,
    ),
    Scope(
        "admin.dataqualityrules",
        "administration",
        gettext_noop("Manage every data quality rule in the tenant"),
        gettext_noop("It can create, change, assign and delete any rule that data is checked against."),
        sensitive=True,
        admin=True,
    ),
    Scope(
        "admin.semantictype",
        "administration",
        gettext_noop("Manage every semantic type in the tenant"),
        gettext_noop("It can create, change and delete any description of what a column of data means."),
        sensitive=True,
        admin=True,
    ),
    Scope(
        "admin.sprints",
        "administration",
        gettext_noop("Manage every data sprint in the tenant"),
        gettext_noop("It can create, change and delete sprints that belong to anyone."),
        sensitive=True,
        admin=True,
    ),
    Scope(
        "admin.collections.publicgoverned",
        "administration",
        gettext_noop("Manage public collections"),
        gettext_noop("It can create, change and delete the collections that everyone in the tenant sees."),
        sensitive=True,
        admin=True,
    ),
    Scope(
        "admin.ai-descriptions",
        "administration",
        gettext_noop("Manage descriptions written by AI"),
        gettext_noop("It can decide how AI descriptions are used in the whole tenant."),
        sensitive=True,
        admin=True,
    ),
    Scope(
        "admin.aiplatform",
        "administration",
        gettext_noop("Manage the AI platform"),
        gettext_noop("It can change the settings of the AI services for the whole tenant."),
        sensitive=True,
        admin=True,
    ),
    Scope(
        "admin.assistants",
        "administration",
        gettext_noop("Manage every assistant in the tenant"),
        gettext_noop("It can see, change and delete AI assistants that belong to anyone."),
        sensitive=True,
        admin=True,
    ),
    Scope(
        "admin.knowledgebases",
        "administration",
        gettext_noop("Manage every knowledge base in the tenant"),
        gettext_noop("It can see, change and delete knowledge bases that belong to anyone."),
        sensitive=True,
        admin=True,
    ),
    Scope(
        "admin.auth-settings",
        "administration",
        gettext_noop("Change how people sign in"),
        gettext_noop("It can change the sign-in and session settings of the tenant."),
        sensitive=True,
        admin=True,
    ),
    Scope(
        "admin.direct-access-gateways:delete_gateway",
        "administration",
        gettext_noop("Delete gateways"),
        gettext_noop("It can remove gateways, which ends the access to data behind them."),
        sensitive=True,
        admin=True,
    ),
    Scope(
        "admin.direct-access-gateways:register_gateway",
        "administration",
        gettext_noop("Register gateways"),
        gettext_noop("It can add gateways through which data in your organisation's network is reached."),
        sensitive=True,
        admin=True,
    ),
    Scope(
        "admin.direct-access-gateways:remote_configuration",
        "administration",
        gettext_noop("Configure gateways remotely"),
        gettext_noop("It can change the settings of gateways in your organisation's network."),
        sensitive=True,
        admin=True,
    ),
    Scope(
        "admin.extensions",
        "administration",
        gettext_noop("Manage extensions"),
        gettext_noop("It can add, replace and delete the extensions that apps in the tenant are built with."),
        sensitive=True,
        admin=True,
    ),
    Scope(
        "admin.ip-policies",
        "administration",
        gettext_noop("Manage which networks may connect"),
        gettext_noop("It can change the rules on the IP addresses from which the tenant can be reached."),
        sensitive=True,
        admin=True,
    ),
    Scope(
        "admin.report-tasks",
        "administration",
        gettext_noop("Manage every report task in the tenant"),
        gettext_noop("It can see, change and delete scheduled reports that belong to anyone."),
        sensitive=True,
        admin=True,
    ),
    Scope(
        "admin.themes",
        "administration",
        gettext_noop("Manage themes"),
        gettext_noop("It can add, replace and delete the themes that decide how apps look."),
        sensitive=True,
        admin=True,
    ),
    Scope(
        "admin.webhooks",
        "administration",
        gettext_noop("Manage every webhook in the tenant"),
        gettext_noop(
            "It can see, change and delete webhooks that belong to anyone, and add webhooks for the tenant."
        ),
        sensitive=True,
        admin=True,
    ),
)

CATALOGUE: tuple[Scope, ...] = (
    *SIGN_IN,
    *ACCOUNT,
    *APPS,
    *SPACES,
    *USERS,
    *AUTOMATIONS,
    *DATA,
    *AI,
    *PLATFORM,
    *ADMINISTRATION,
)
"""Every scope of the region, in the order in which pages and metadata list them. Names are unique."""
