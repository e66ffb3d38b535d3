package ask

import (
	"encoding/json"
	"slices"
	"strings"
)

type geminiPart struct {
	Text      string `json:"text"`
	Thought   bool   `json:"thought"`
	Signature string `json:"thoughtSignature"`
	Call      *struct {
		Name string          `json:"name"`
		Args json.RawMessage `json:"args"`
	} `json:"functionCall"`
	Response *struct {
		Name     string          `json:"name"`
		Response json.RawMessage `json:"response"`
	} `json:"functionResponse"`
}

type geminiContent struct {
	Role  string       `json:"role"`
	Parts []geminiPart `json:"parts"`
}

type geminiBody struct {
	Contents []geminiContent `json:"contents"`
	System   *geminiContent  `json:"systemInstruction"`
	Config   struct {
		MIME        string          `json:"responseMimeType"`
		JSONSchema  json.RawMessage `json:"responseJsonSchema"`
		Schema      json.RawMessage `json:"responseSchema"`
		MaxTokens   int64           `json:"maxOutputTokens"`
		Temperature *float64        `json:"temperature"`
		Thinking    *struct {
			Level  string `json:"thinkingLevel"`
			Budget *int64 `json:"thinkingBudget"`
			Show   bool   `json:"includeThoughts"`
		} `json:"thinkingConfig"`
	} `json:"generationConfig"`
	Tools []struct {
		Functions []struct {
			Name       string          `json:"name"`
			JSONSchema json.RawMessage `json:"parametersJsonSchema"`
			Schema     json.RawMessage `json:"parameters"`
		} `json:"functionDeclarations"`
	} `json:"tools"`
	ToolConfig struct {
		Calling struct {
			Mode    string   `json:"mode"`
			Allowed []string `json:"allowedFunctionNames"`
		} `json:"functionCallingConfig"`
	} `json:"toolConfig"`
	Inner *struct { // of countTokens
		Contents []geminiContent `json:"contents"`
	} `json:"generateContentRequest"`
}

// parseGemini reads generateContent of v1beta.
func parseGemini(q Request) (Ask, *Trouble) {
	a := Ask{Key: q.Header.Get("X-Goog-Api-Key")}
	if a.Key == "" {
		a.Key = keyOfQuery(q.Query)
	}
	path, ok := strings.CutPrefix(q.Path, "/v1beta/models")
	switch {
	case ok && path == "" && q.Method == "GET":
		a.Op = ListModels
		return a, nil
	case ok && strings.HasPrefix(path, "/") && q.Method == "GET":
		a.Op, a.Model = OneModel, path[1:]
		return a, nil
	}
	model, verb, found := strings.Cut(strings.TrimPrefix(path, "/"), ":")
	if !ok || !found || q.Method != "POST" {
		return a, &Trouble{Sort: NoPath, Text: "Requested entity was not found."}
	}
	a.Model = model
	switch verb {
	case "generateContent":
	case "streamGenerateContent":
		a.Stream = true
	case "countTokens":
		a.Op = CountTokens
	default:
		return a, &Trouble{Sort: NoPath, Text: "Requested entity was not found."}
	}
	var b geminiBody
	if err := json.Unmarshal(q.Body, &b); err != nil {
		return a, invalid("Invalid JSON payload received. %s", wording(err))
	}
	if b.Inner != nil {
		b.Contents = b.Inner.Contents
	}
	if t := b.tools(&a); t != nil {
		return a, t
	}
	if t := b.contents(&a); t != nil {
		return a, t
	}
	return a, b.config(&a)
}

func keyOfQuery(query string) string {
	for pair := range strings.SplitSeq(query, "&") {
		if key, ok := strings.CutPrefix(pair, "key="); ok {
			return key
		}
	}
	return ""
}

func (b *geminiBody) tools(a *Ask) *Trouble {
	for _, t := range b.Tools {
		for _, f := range t.Functions {
			schema := f.JSONSchema
			if schema == nil {
				schema = f.Schema
			}
			a.Tools = append(a.Tools, Tool{Name: f.Name, Schema: schema})
		}
	}
	if b.ToolConfig.Calling.Mode == "ANY" {
		a.Forced = "any"
		if one := b.ToolConfig.Calling.Allowed; len(one) == 1 {
			a.Forced = one[0]
		}
	}
	if b.System != nil {
		a.System = textOf(b.System.Parts)
	}
	return nil
}

func textOf(parts []geminiPart) string {
	var out []string
	for _, p := range parts {
		if p.Text != "" && !p.Thought {
			out = append(out, p.Text)
		}
	}
	return strings.Join(out, "\n")
}

func (b *geminiBody) contents(a *Ask) *Trouble {
	if len(b.Contents) == 0 {
		return invalid("* GenerateContentRequest.contents: contents is not specified\n")
	}
	for i, c := range b.Contents {
		if c.Role != "" && c.Role != "user" && c.Role != "model" && c.Role != "function" {
			return invalid("Please use a valid role: user, model.")
		}
		if len(c.Parts) == 0 {
			return invalid("* GenerateContentRequest.contents[%d].parts: contents.parts must not be empty.\n", i)
		}
		t := Turn{Model: c.Role == "model", Text: textOf(c.Parts)}
		signed := false
		for j, p := range c.Parts {
			if p.Response != nil {
				t.Tools = append(t.Tools, p.Response.Name)
				t.Text += string(p.Response.Response)
			}
			if p.Signature != "" && holds(p.Signature, *a, i) == "broken" {
				return &Trouble{Sort: NoSignature, Text: "Corrupted thought signature."}
			}
			signed = signed || p.Signature != ""
			if p.Call == nil {
				continue
			}
			t.Tools = append(t.Tools, p.Call.Name)
			if !signed && strings.HasPrefix(a.Model, "gemini-") {
				return &Trouble{Sort: NoSignature, Detail: p.Call.Name, Text: "Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, and missing thought_signature may lead to degraded model performance. Additional data, function call `default_api:" +
					p.Call.Name + "` , position " + string(rune('0'+min(j+1, 9))) + "."}
			}
		}
		a.Turns = append(a.Turns, t)
	}
	a.Resumes = a.Turns[len(a.Turns)-1].Model
	return nil
}

func (b *geminiBody) config(a *Ask) *Trouble {
	m := Known("gemini", a.Model)
	a.MaxTokens = b.Config.MaxTokens
	a.Thinks = true
	if m.Output > 0 && a.MaxTokens > m.Output+1 {
		return invalid("Unable to submit request because it has a maxOutputTokens value of %d but the supported range is from 1 (inclusive) to %d (exclusive). Update the value and try again.", a.MaxTokens, m.Output+1)
	}
	if t := b.Config.Temperature; t != nil && (*t < 0 || *t > 2) {
		return invalid("* GenerateContentRequest.generation_config.temperature: temperature must be in the range [0.0, 2.0].\n")
	}
	if t := b.Config.Thinking; t != nil {
		a.Shows = t.Show
		level := strings.ToUpper(t.Level)
		switch {
		case level != "" && t.Budget != nil:
			return invalid("You can only set only one of thinking budget and thinking level.")
		case t.Budget != nil && m.Strict:
			return invalid("Thinking budget is not supported for this model. Please use thinking level instead.")
		case level == "MINIMAL" && m.Strict:
			return invalid("Thinking level MINIMAL is not supported for this model. Please retry with other thinking level.")
		case level != "" && !slices.Contains([]string{"MINIMAL", "LOW", "MEDIUM", "HIGH"}, level):
			return invalid("Invalid value at 'generation_config.thinking_config.thinking_level' (type.googleapis.com/google.ai.generativelanguage.v1beta.ThinkingConfig.ThinkingLevel), \"%s\"", t.Level)
		}
		a.Thinks = level != "MINIMAL" && (t.Budget == nil || *t.Budget != 0)
	}
	a.Schema = b.Config.JSONSchema
	if a.Schema == nil {
		a.Schema = b.Config.Schema
	}
	if a.Schema == nil {
		return nil
	}
	if b.Config.MIME != "application/json" {
		return invalid("A response schema can only be used with the response mime type application/json")
	}
	if word := geminiKeyword(a.Schema); word != "" {
		return &Trouble{Sort: BadSchema, Detail: word}
	}
	return nil
}
