-- rapport: expand
-- The records of a customer relation. Sort keys are stored, plain and never
-- null, because only leakproof comparisons reach an index under row security.

CREATE TABLE companies (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    id uuid NOT NULL,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 300),
    name_key text NOT NULL GENERATED ALWAYS AS (lower(name)) STORED,
    domain text,
    industry text,
    size text CHECK (size IN ('1-10', '11-50', '51-200', '201-1000', '1000+')),
    owner_id uuid,
    source text NOT NULL DEFAULT 'manual',
    last_interaction_at timestamptz,
    touch_key timestamptz NOT NULL GENERATED ALWAYS AS (coalesce(last_interaction_at, '-infinity'::timestamptz)) STORED,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    PRIMARY KEY (workspace_id, id)
);
SELECT rapport_tenant('companies');
CREATE UNIQUE INDEX companies_domain_key ON companies (workspace_id, domain) WHERE deleted_at IS NULL AND domain IS NOT NULL;
CREATE INDEX companies_name ON companies (workspace_id, name_key, id) WHERE deleted_at IS NULL;
CREATE INDEX companies_created ON companies (workspace_id, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX companies_updated ON companies (workspace_id, updated_at, id) WHERE deleted_at IS NULL;
CREATE INDEX companies_touch ON companies (workspace_id, touch_key, id) WHERE deleted_at IS NULL;

CREATE TABLE contacts (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    id uuid NOT NULL,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 300),
    name_key text NOT NULL GENERATED ALWAYS AS (lower(name)) STORED,
    email text,
    title text,
    phone text,
    status text NOT NULL DEFAULT 'prospect' CHECK (status IN ('prospect', 'lead', 'customer', 'former')),
    owner_id uuid,
    company_id uuid,
    source text NOT NULL DEFAULT 'manual',
    score integer CHECK (score BETWEEN 0 AND 100),
    score_key integer NOT NULL GENERATED ALWAYS AS (coalesce(score, -1)) STORED,
    last_interaction_at timestamptz,
    touch_key timestamptz NOT NULL GENERATED ALWAYS AS (coalesce(last_interaction_at, '-infinity'::timestamptz)) STORED,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, company_id) REFERENCES companies (workspace_id, id)
);
SELECT rapport_tenant('contacts');
CREATE INDEX contacts_name ON contacts (workspace_id, name_key, id) WHERE deleted_at IS NULL;
CREATE INDEX contacts_score ON contacts (workspace_id, score_key, id) WHERE deleted_at IS NULL;
CREATE INDEX contacts_touch ON contacts (workspace_id, touch_key, id) WHERE deleted_at IS NULL;
CREATE INDEX contacts_created ON contacts (workspace_id, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX contacts_updated ON contacts (workspace_id, updated_at, id) WHERE deleted_at IS NULL;
CREATE INDEX contacts_company ON contacts (workspace_id, company_id) WHERE deleted_at IS NULL;
CREATE INDEX contacts_owner ON contacts (workspace_id, owner_id, id) WHERE deleted_at IS NULL;
CREATE INDEX contacts_status ON contacts (workspace_id, status, id) WHERE deleted_at IS NULL;

-- An address belongs to one contact of a workspace that is not deleted.
CREATE TABLE contact_emails (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    id uuid NOT NULL,
    contact_id uuid NOT NULL,
    address text NOT NULL,
    email_key text NOT NULL,
    label text NOT NULL DEFAULT '',
    position integer NOT NULL DEFAULT 0,
    active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, contact_id) REFERENCES contacts (workspace_id, id) ON DELETE CASCADE
);
SELECT rapport_tenant('contact_emails');
CREATE UNIQUE INDEX contact_emails_email_key ON contact_emails (workspace_id, email_key) WHERE active;
CREATE INDEX contact_emails_contact ON contact_emails (workspace_id, contact_id);

CREATE TABLE tags (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    id uuid NOT NULL,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    name_key text NOT NULL GENERATED ALWAYS AS (lower(name)) STORED,
    color text NOT NULL DEFAULT 'grey',
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id),
    CONSTRAINT tags_name_key UNIQUE (workspace_id, name_key)
);
SELECT rapport_tenant('tags');

CREATE TABLE taggings (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    tag_id uuid NOT NULL,
    entity text NOT NULL CHECK (entity IN ('contact', 'company')),
    entity_id uuid NOT NULL,
    PRIMARY KEY (workspace_id, entity_id, tag_id),
    FOREIGN KEY (workspace_id, tag_id) REFERENCES tags (workspace_id, id) ON DELETE CASCADE
);
SELECT rapport_tenant('taggings');
CREATE INDEX taggings_tag ON taggings (workspace_id, tag_id, entity_id);

CREATE TABLE custom_field_definitions (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    id uuid NOT NULL,
    entity text NOT NULL CHECK (entity IN ('contact', 'company')),
    key text NOT NULL CHECK (key ~ '^[a-z][a-z0-9_]{0,62}$'),
    label text NOT NULL,
    type text NOT NULL CHECK (type IN ('text', 'number', 'bool', 'date', 'select', 'multi')),
    options text[] NOT NULL DEFAULT '{}',
    required boolean NOT NULL DEFAULT false,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id),
    CONSTRAINT custom_field_definitions_key UNIQUE (workspace_id, entity, key)
);
SELECT rapport_tenant('custom_field_definitions');

-- One row a value, in the column of its type, so that a filter finds an index.
CREATE TABLE field_values (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    field_id uuid NOT NULL,
    entity_id uuid NOT NULL,
    position integer NOT NULL DEFAULT 0,
    text_value text,
    number_value double precision,
    bool_value boolean,
    date_value date,
    PRIMARY KEY (workspace_id, entity_id, field_id, position),
    FOREIGN KEY (workspace_id, field_id) REFERENCES custom_field_definitions (workspace_id, id) ON DELETE CASCADE
);
SELECT rapport_tenant('field_values');
CREATE INDEX field_values_text ON field_values (workspace_id, field_id, text_value, entity_id);
CREATE INDEX field_values_number ON field_values (workspace_id, field_id, number_value, entity_id);
CREATE INDEX field_values_date ON field_values (workspace_id, field_id, date_value, entity_id);

CREATE TABLE lead_scores (
    workspace_id uuid NOT NULL REFERENCES identity.workspaces (id),
    contact_id uuid NOT NULL,
    score integer CHECK (score BETWEEN 0 AND 100),
    coverage double precision NOT NULL,
    parts jsonb NOT NULL,
    formula text NOT NULL,
    computed_at timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, contact_id),
    FOREIGN KEY (workspace_id, contact_id) REFERENCES contacts (workspace_id, id) ON DELETE CASCADE
);
SELECT rapport_tenant('lead_scores');
