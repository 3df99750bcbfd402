package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	_ "github.com/mattn/go-sqlite3" // the driver of database/sql
)

// scribble writes into a managed phonebook as another program might, knowing
// nothing but the tables that readers may rely on.
func scribble(ctx context.Context, file string) (err error) {
	db, err := sql.Open("sqlite3", file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	res, err := db.ExecContext(ctx, `UPDATE entry SET display_name = 'Mickey Mouse' WHERE display_name = 'Jan van den Berg'`)
	if err != nil {
		return err
	}
	n, err := res.RowsAffected()
	if err == nil && n != 1 {
		err = fmt.Errorf("scribble: %d entries changed instead of one", n)
	}
	return err
}
