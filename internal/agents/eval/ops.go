package eval

import (
	"context"
	"encoding/json"
	"slices"

	"rapport/internal/ai"
	"rapport/internal/api/op"
	"rapport/internal/platform/problem"
)

// A gateway answers requests; ai.Gateway does.
type gateway interface {
	Do(ctx context.Context, r ai.Request) (ai.Response, error)
}

// Service asks engines about cases.
type Service struct{ gateway gateway }

// New returns the service that asks by g.
func New(g gateway) *Service { return &Service{g} }

// Ops lists the operations.
func (s *Service) Ops() []op.Operation {
	return []op.Operation{
		op.New(op.Meta{Name: "agent.ask_case", Class: op.Background, Outside: true, Method: "POST", Path: "/v1/workspaces/{workspace}/agents/cases/{code}/ask", Scope: "run:write", AI: true,
			Summary: "Ask the engines of an agent about a labelled case",
			Doc:     "What rapport agent eval does for each case. It costs what a mail costs, and stores nothing but the record of the call.",
			Example: map[string]any{"code": "p01", "body": map[string]any{"agent": "email.reply"}}}, s.ask),
	}
}

type askInput struct {
	op.InWorkspace
	Code string `path:"code" maxLength:"40" doc:"The case's id."`
	Body struct {
		Agent string `json:"agent" maxLength:"80" doc:"Whose question it is, such as email.triage."`
	}
}

// Asked is the verified answer to a case.
type Asked struct {
	Output   json.RawMessage `json:"output"`
	Engine   string          `json:"engine"`
	Model    string          `json:"model"`
	CostNano int64           `json:"cost_nano"`
}

func (s *Service) ask(ctx context.Context, in *askInput) (*op.Body[Asked], error) {
	c, err := find(in.Body.Agent, in.Code)
	if err != nil {
		return nil, err
	}
	q := c.Agent.Request(c.Work)
	q.Fresh, q.Interactive, q.Agent = true, true, ""
	res, err := s.gateway.Do(ctx, q)
	if err != nil {
		return nil, err
	}
	return &op.Body[Asked]{Body: Asked{Output: res.Output, Engine: res.Engine, Model: res.Model, CostNano: int64(res.Usage.CostNano)}}, nil
}

func find(agent, code string) (Case, error) {
	suites, err := Suites()
	if err != nil {
		return Case{}, err
	}
	for _, s := range suites {
		if i := slices.IndexFunc(s.Cases, func(c Case) bool { return c.ID == code && c.Agent.Name == agent }); i >= 0 {
			return s.Cases[i], nil
		}
	}
	return Case{}, problem.Missing("case")
}
