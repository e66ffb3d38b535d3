package list

// Forge is the cursor that somebody makes who knows how: of an ascending list
// without conditions.
func Forge(sortSQL, key, rowID, workspace string) string {
	at := position{list: described{sort: sortSQL, args: []any{workspace}}}
	return at.next([]*string{&key, &rowID})
}
