package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	_ "github.com/mattn/go-sqlite3" // the driver
)

// lookups is what a reader saw. Durations are milliseconds.
type lookups struct {
	All, Failed, Found int
	Slow               int // slower than allowed
	P50, P99, Worst    float64
	Failure            string // the first
}

// String is for the terminal.
func (l lookups) String() string {
	return fmt.Sprintf("%d look-ups, %d failed %s, %d found; half within %.3f ms, 99 %% within %.3f ms, longest %.1f ms",
		l.All, l.Failed, l.Failure, l.Found, l.P50, l.P99, l.Worst)
}

// allowed is how long 99 of 100 look-ups may take.
const allowed = 5 * time.Millisecond

// readMode is the first argument of a bench that reads.
const readMode = "read"

// whose asks who has a number, as a phone server would.
const whose = `SELECT e.display_name FROM number n JOIN entry e ON e.id = n.entry JOIN phonebook p ON p.id = e.phonebook
	WHERE n.number = ? LIMIT 1`

// readAllTheTime looks up one number after the other until standard input
// ends. It prints an empty lookups when it has begun, and then what it saw.
func readAllTheTime(ctx context.Context, file, numbers string) error {
	text, err := os.ReadFile(numbers)
	if err != nil {
		return err
	}
	// A reader sets a time limit for the instant in which the file is locked
	// while the first program opens it or the last one closes it (README).
	db, err := sql.Open("sqlite3", "file:"+file+"?mode=ro&_busy_timeout=1000")
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	query, err := db.PrepareContext(ctx, whose)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	go func() { _, _ = io.Copy(io.Discard, os.Stdin); stop() }()
	out := json.NewEncoder(os.Stdout)
	if err := out.Encode(lookups{}); err != nil {
		return err
	}
	return out.Encode(lookUp(ctx, query, strings.Fields(string(text))))
}

func lookUp(ctx context.Context, query *sql.Stmt, numbers []string) (l lookups) {
	var took []time.Duration
	for ; ctx.Err() == nil; l.All++ {
		var name sql.NullString
		begin := time.Now()
		err := query.QueryRow(numbers[l.All%len(numbers)]).Scan(&name)
		took = append(took, time.Since(begin))
		if took[l.All] >= allowed {
			l.Slow++
		}
		switch {
		case err == nil:
			l.Found++
		case !errors.Is(err, sql.ErrNoRows):
			if l.Failed++; l.Failed == 1 {
				l.Failure = err.Error()
			}
		}
	}
	if len(took) == 0 {
		return l
	}
	slices.Sort(took)
	at := func(percent int) float64 { return took[(len(took)-1)*percent/100].Seconds() * 1000 }
	l.P50, l.P99, l.Worst = at(50), at(99), at(100)
	return l
}
