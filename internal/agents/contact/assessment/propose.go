package assessment

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"rapport/internal/agents/approval"
	"rapport/internal/agents/contact"
	"rapport/internal/agents/flow"
)

// sure is the confidence below which nothing is proposed.
const sure = .7

// propose asks for the one effect that follows from an assessment, if any does.
// What a person turned down is told, not a failure.
func (out result) propose(r *flow.Run, sub subject, a contact.Assessment, ans flow.Answer) (any, error) {
	if !out.Stored || ans.Degraded || a.Confidence < sure || sub.Asked > 0 {
		return out, nil
	}
	act, err := proposal(sub, a)
	if err != nil || act == nil {
		return out, err
	}
	_, err = r.Act("propose", *act)
	if blocked, ok := errors.AsType[*flow.BlockedError](err); ok {
		out.Refused = blocked.Error()
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	out.Proposed = act.Operation
	return out, nil
}

// urgent are the actions that somebody should be reminded of.
var urgent = []string{"reply", "resolve_issue", "propose_meeting", "send_offer", "follow_up"}

// proposal is what should be done about the contact: a prospect who wants to
// buy becomes a lead; otherwise the next action becomes a task, unless there is
// one to be done already.
func proposal(sub subject, a contact.Assessment) (*approval.Action, error) {
	wants := a.BuyingIntent == "high" || a.BuyingIntent == "medium" && a.DecisionStage == "decision"
	name := sub.Input.Profile.Name
	switch {
	case sub.Input.Profile.Status == "prospect" && wants:
		return action(sub, a, "contact.update", fmt.Sprintf("Make %s a lead", name), map[string]any{
			"id": sub.ID, "If-Match": fmt.Sprintf("%q", fmt.Sprint(sub.Version)), "status": "lead"})
	case sub.OpenTasks == 0 && slices.Contains(urgent, a.NextBestAction.Kind) && (wants || a.NextBestAction.Kind == "resolve_issue"):
		task := map[string]any{"title": a.NextBestAction.Text, "entity": "contact", "entity_id": sub.ID, "priority": "high"}
		if a.NextBestAction.Due != nil {
			task["due_at"] = a.NextBestAction.Due
		}
		if sub.OwnerID != nil {
			task["assignee_id"] = *sub.OwnerID
		}
		return action(sub, a, "task.create", fmt.Sprintf("Make a task for %s: %s", name, strings.TrimSuffix(a.NextBestAction.Text, ".")), task)
	}
	return nil, nil
}

// action is a proposal with the words that it relies on.
func action(sub subject, a contact.Assessment, operation, title string, args map[string]any) (*approval.Action, error) {
	b, err := json.Marshal(args)
	if err != nil {
		return nil, fmt.Errorf("encode a proposal: %w", err)
	}
	out := &approval.Action{Operation: operation, Args: b, Title: title, Entity: "contact", ID: sub.ID, Tainted: sub.Input.Foreign(), Confidence: a.Confidence,
		Why: fmt.Sprintf("Buying intent is %s, the decision stage %s.", a.BuyingIntent, a.DecisionStage)}
	if operation == "contact.update" {
		out.Needs = []approval.Record{{Entity: "contact", ID: sub.ID, Version: fmt.Sprint(sub.Version)}}
	}
	for _, s := range a.Brief {
		for _, c := range s.Citations {
			if len(out.Evidence) < 3 {
				out.Evidence = append(out.Evidence, approval.Evidence{Entity: c.Entity, ID: c.ID, Quote: c.Quote})
			}
		}
	}
	return out, nil
}
