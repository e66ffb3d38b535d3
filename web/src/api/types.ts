import type { components, operations } from './schema'

// The shapes of the HTTP contract under our own names.

type Contract = components['schemas']
type Shape<Name extends keyof Contract> = Omit<Contract[Name], '$schema'>
type Query<Name extends keyof operations> = NonNullable<operations[Name]['parameters']['query']>

export type Me = Shape<'IdentityMe'>
export type Organization = Shape<'IdentityOrganization'>
export type Role = Organization['role']
/** A workspace as its members see it in passing. */
export type Place = Shape<'IdentityPlace'>
export type Workspace = Shape<'IdentityWorkspace'>
export type Member = Shape<'IdentityPerson'>
export type ApiKey = Shape<'IdentityKey'>
export type Invitation = Shape<'InvitationInvitation'>
export type MadeInvitation = Shape<'InvitationMade'>
export type Offer = Shape<'InvitationOffer'>
export type SecurityEntry = Shape<'IdentityEntry'>
export type WorkspaceUsage = Shape<'QuotaUsage'>
export type LimitLevel = Shape<'LimitLevel'>
export type Credentials = Shape<'AccountCredentials'>
export type Registration = Shape<'IdentityRegistration'>
export type Hit = Shape<'SearchHit'>
export type Page<T> = { data: T[]; next_cursor: string | null; has_more: boolean }

export type View = Shape<'ViewView'>
export type ViewQuery = Shape<'ViewQuery'>
export type ViewPatch = Shape<'ViewPatch'>

export type BulkQuery = Shape<'BulkQuery'>
export type BulkResult = Shape<'BulkResult'>
export type BulkRun = Shape<'BulkRun'>
export type ContactSet = Shape<'ContactSet'>
export type CompanySet = Shape<'CompanySet'>
export type TaskSet = Shape<'TaskSet'>

export type Tag = Shape<'TagTag'>
export type TagMark = Shape<'TagMark'>
export type CustomField = Shape<'FieldDefinition'>
export type FieldType = CustomField['type']
export type NewField = Shape<'CustomFieldCreateBody'>

export type ContactRow = Shape<'ContactListed'>
export type ContactStatus = ContactRow['status']
export type Contact = Shape<'ContactContact'>
export type ContactPatch = Shape<'ContactPatch'>
export type NewContact = Shape<'ContactDetails'>
export type CompanyRow = Shape<'CompanyListed'>
export type Company = Shape<'CompanyCompany'>
export type CompanyPatch = Shape<'CompanyPatch'>
export type NewCompany = Shape<'CompanyDetails'>
export type Score = Shape<'LeadResult'>

export type Actor = Shape<'ActorActor'>
export type TimelineEntry = Shape<'TimelineEntry'>
export type TimelineKind = NonNullable<Query<'contact-timeline'>['kind']>
export type ChangeEvent = Shape<'ChangeChange'>
export type Changes = ChangeEvent['changes']

export type ThreadRow = Shape<'MessageThread'>
export type ThreadPatch = Shape<'ThreadPatch'>
export type Thread = Shape<'InboxThread'>
export type Folder = NonNullable<Query<'thread-list'>['folder']>
export type Message = Shape<'InboxMessage'>
export type Person = Shape<'InboxParty'>
export type Triage = Shape<'InboxTriage'>
export type Evidence = Shape<'InboxEvidence'>
export type Category = Triage['category']
export type Sentiment = NonNullable<Triage['sentiment']>
export type Urgency = NonNullable<Triage['urgency']>
export type Intelligence = Shape<'InboxIntelligence'>
export type ItemKind = Contract['InboxItem']['kind']

export type NewNote = Shape<'NoteCreateBody'>
export type NotePatch = Shape<'NotePatch'>
export type Task = Shape<'TaskTask'>
export type TaskPatch = Shape<'TaskPatch'>
export type NewTask = Shape<'TaskCreateBody'>
export type NewActivity = Shape<'ActivityCreateBody'>
export type ActivityPatch = Shape<'ActivityPatch'>
export type Today = Shape<'TodayToday'>

export type Run = Shape<'AgentsRun'>
export type RunTrail = Shape<'AgentsTrail'>
export type Step = Shape<'AgentsStep'>

export type Notification = Shape<'NotificationNotification'>
export type NotificationKind = Notification['kind']
export type NotificationChoice = Shape<'NotificationChoice'>

export type Import = Shape<'ImporterImport'>
export type ImportState = Import['state']
export type ImportItem = Shape<'ImporterItem'>
export type Outcome = ImportItem['outcome']

export type Mailbox = Shape<'MailboxMailbox'>
export type MailboxPatch = Shape<'MailboxUpdateBody'>
export type NewMailbox = Shape<'MailboxDetails'>
export type MailFolder = Shape<'MailboxFolder'>
export type MailboxAttempt = Shape<'MailboxAttempt'>
export type MailServer = Shape<'MailboxServer'>
export type MailProvider = Exclude<Mailbox['auth'], 'password'>
export type Sender = Shape<'SenderSender'>
export type NewSender = Shape<'SenderCreateBody'>
export type SenderPatch = Shape<'SenderUpdateBody'>

export type Address = Shape<'DraftRecipient'>
export type Upload = Shape<'DraftUpload'>
export type Draft = Shape<'DraftDraft'>
export type DraftBody = Shape<'DraftLetterInput'>
export type Mode = Draft['mode']
export type Outgoing = Shape<'OutboxOutgoing'>
export type OutgoingState = Outgoing['state']
export type Send = Shape<'MessageSendBody'>

export type AiAttempt = Shape<'AiAttempt'>
export type AiCall = Shape<'ConsoleCall'>
export type AiOutcome = AiCall['outcome']
export type AiTrail = Shape<'ConsoleCallTrail'>
export type AiProvider = Shape<'ConsoleProvider'>
export type AiLane = Shape<'ConsoleLane'>
export type AiCosts = Shape<'ConsoleCosts'>
export type AiUsed = Shape<'ConsoleUsed'>
export type AiBudget = Shape<'ConsoleBudget'>
export type AiLimit = Shape<'ConsoleLimit'>
export type AiPurse = Shape<'ConsolePurse'>
export type AiRouting = Shape<'PoliciesRouting'>
export type AiPolicy = Shape<'PolicyPolicy'>
export type AiCandidate = Shape<'PolicyCandidate'>
export type AiParams = Shape<'AiParams'>
export type AiModel = Shape<'ConsoleModel'>
export type AiKey = Shape<'KeysKey'>
export type AiAnswer = Shape<'ConsoleAnswer'>
export type AiQuestion = Shape<'AiStreamBody'>

export type AgentCard = Shape<'ControlCard'>
export type AgentAct = Shape<'PolicyAct'>
export type AgentPolicies = Shape<'PoliciesPolicies'>
export type AgentPolicy = Shape<'PoliciesKept'>
export type AgentCharter = Shape<'PoliciesWanted'>
export type PolicyEffect = Shape<'PoliciesEffect'>
export type AgentPatch = Shape<'AgentUpdateBody'>
export type RunState = Run['state']
export type RunStep = Shape<'AgentsStep'>
export type Undone = Shape<'ChangeUndone'>
export type Assessment = Shape<'StandingStored'>
export type AssessmentRun = Shape<'StandingRunning'>
/** What is thought of a contact. The contract cannot say that two of its parts may be missing. */
export type Standing = Omit<Shape<'StandingStanding'>, 'assessment' | 'run'> & { assessment: Assessment | null; run: AssessmentRun | null }
export type Citation = Assessment['brief'][number]['citations'][number]
export type HotLead = Shape<'StandingHotLead'>

export type Content = Shape<'ContentDraft'>
export type ContentSummary = Shape<'ContentSummary'>
export type ContentKind = Shape<'ContentKind'>
export type ContentVersion = Shape<'ContentVersion'>
export type ContentMetric = Shape<'ContentMetric'>
export type ContentOrder = Shape<'ContentOrder'>
export type Finding = Shape<'ClaimFinding'>
export type Fact = Shape<'ClaimFact'>
export type BrandVoice = Shape<'ContentVoice'>
export type Schedule = Shape<'ScheduleSchedule'>
export type Memory = Shape<'MemoryMemory'>

export type Goal = Shape<'OrchestratorGoal'>
export type GoalDetail = Shape<'OrchestratorDetail'>
export type GoalTemplate = Shape<'OrchestratorKnown'>
export type PlanStep = Shape<'OrchestratorPlanStep'>
export type ApprovalLine = Shape<'ApprovalLine'>
/** The contract cannot say that nobody may have decided yet. */
export type Approval = Omit<Shape<'ApprovalShown'>, 'decided_by'> & { decided_by: Actor | null }
export type ApprovalDecided = Shape<'ApprovalDecided'>

export type Alert = Shape<'IncidentAlert'>
export type Alerts = Shape<'AlertsState'>
export type Silence = Shape<'IncidentSilence'>
export type NewSilence = Shape<'SilenceCreateBody'>
export type Incident = Shape<'AlertsIncident'>
export type Incidents = Shape<'AlertsIncidents'>
export type Objective = Shape<'AlertsObjective'>
export type Objectives = Shape<'AlertsObjectives'>
export type TraceSummary = Shape<'TracesSummary'>
export type TraceDetail = Shape<'TracesDetail'>
export type TraceSpan = Shape<'TracesSpan'>
export type SeriesChart = Shape<'SeriesChart'>
export type SeriesFn = NonNullable<Query<'series-get'>['fn']>
export type ServerOverview = Shape<'SeriesOverview'>
export type ErrorGroup = Shape<'FailuresGroup'>
export type Profile = Shape<'ProfilesProfile'>
