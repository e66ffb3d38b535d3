// Command pocketbase serves contacts from PocketBase, for Rapport to be
// compared with: a module of its own, so that nothing of it is in Rapport's.
//
//	pocketbase FOLDER   reads FOLDER/contacts.jsonl, notes its address in
//	                    FOLDER/address, answers /readyz
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase"
	"github.com/pocketbase/pocketbase/apis"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/types"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: pocketbase FOLDER")
		os.Exit(2)
	}
	if err := serve(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "pocketbase:", err)
		os.Exit(1)
	}
}

func serve(dir string) error {
	app := pocketbase.NewWithConfig(pocketbase.Config{DefaultDataDir: filepath.Join(dir, "pb"), HideStartBanner: true})
	if err := app.Bootstrap(); err != nil {
		return err
	}
	if err := app.RunAllMigrations(); err != nil {
		return err
	}
	if _, err := app.FindCollectionByNameOrId(contacts); err != nil {
		if err := fill(app, filepath.Join(dir, "contacts.jsonl")); err != nil {
			return err
		}
	}
	address, err := free()
	if err != nil {
		return err
	}
	app.OnServe().BindFunc(func(e *core.ServeEvent) error {
		e.Router.GET("/readyz", func(r *core.RequestEvent) error { return r.NoContent(200) })
		if err := os.WriteFile(filepath.Join(dir, "address"), []byte("http://"+address), 0o600); err != nil {
			return err
		}
		return e.Next()
	})
	return apis.Serve(app, apis.ServeConfig{HttpAddr: address})
}

func free() (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer ln.Close()
	return ln.Addr().String(), nil
}

const contacts = "contacts"

// fill makes the collection, with an index for the list that is measured, and
// anybody may read it: the cheapest rule there is.
func fill(app core.App, path string) error {
	c := core.NewBaseCollection(contacts)
	c.ListRule, c.ViewRule = types.Pointer(""), types.Pointer("")
	for _, name := range strings.Fields("workspace name email title phone status owner_id company_id company_name source") {
		c.Fields.Add(&core.TextField{Name: name})
	}
	for _, name := range strings.Fields("score version") {
		c.Fields.Add(&core.NumberField{Name: name})
	}
	for _, name := range strings.Fields("last_interaction_at created_at updated_at") {
		c.Fields.Add(&core.DateField{Name: name})
	}
	c.AddIndex("contacts_by_name", false, "workspace, name, id", "")
	if err := app.Save(c); err != nil {
		return fmt.Errorf("make the collection: %w", err)
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	err = app.RunInTransaction(func(tx core.App) error {
		lines := bufio.NewScanner(f)
		for lines.Scan() {
			row := dbx.Params{}
			if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
				return err
			}
			for name, v := range row {
				if v == nil {
					row[name] = "" // as PocketBase keeps what is not there
				}
			}
			if row["score"] == "" {
				row["score"] = 0
			}
			if _, err := tx.DB().Insert(contacts, row).Execute(); err != nil {
				return err
			}
		}
		return lines.Err()
	})
	if err != nil {
		return fmt.Errorf("fill: %w", err)
	}
	_, err = app.DB().NewQuery("ANALYZE").Execute()
	return err
}
