<?php
// The ordinary tasks, for drivers of PHP, and how a program reports what it did.  See ../python/tasks.py.

define('ID_TYPE', getenv('ID_TYPE'));
define('HELP', getenv('HELP') !== '');
define('HOUR_AGO', (new DateTimeImmutable('1 hour ago'))->format(DATE_ATOM));

function task(string $name, callable $run): void
{
    try {
        $run();
        echo "ok $name\n";
    } catch (Throwable $error) {
        echo "not ok $name # ", strtok($error->getMessage(), "\n"), "\n";
    }
}

function expect(mixed $got, mixed $expected): void
{
    if ($got !== $expected) {
        throw new Exception(var_export($got, true) . ' where ' . var_export($expected, true) . ' was expected');
    }
}

function json_of(array $row): void
{
    echo 'json ', is_string(json_decode(json_encode($row), true)['id']) ? 'string' : 'number', "\n";
}

/** The condition on the time: a bigint takes a function, and a snippet may say what the parameter is. */
function since(): string
{
    return ID_TYPE === 'bigint' ? 'id >= snowflake_lower_bound(?)' : 'id >= ?' . (HELP ? '::timestamptz' : '');
}

/** All tasks that are SQL: $query runs it with parameters and returns the first row's first column. */
function ordinary(callable $query): void
{
    $exact = fn ($item, $got) => expect((string) $got, $query('SELECT id::text FROM orders WHERE item = ?', $item));
    $tea = $milk = null;

    task('insert', function () use ($query, $exact, &$tea, &$milk) {
        $tea = $query("INSERT INTO orders (item) VALUES ('tea') RETURNING id");
        $milk = $query("INSERT INTO orders (item) VALUES ('milk') RETURNING id");
        $exact('tea', $tea);
    });
    task('given', function () use ($query, $exact) {
        $number = $query('SELECT snowflake_nextval()');
        $query("INSERT INTO orders (id, item) VALUES (?, 'given')", $number);
        $exact('given', $number);
    });
    task('by_id', fn () => expect($query('SELECT item FROM orders WHERE id = ?', $tea), 'tea'));
    task('by_number', fn () => expect($query('SELECT item FROM orders WHERE id = ?', (int) $tea), 'tea'));
    task('by_text', fn () => expect($query('SELECT item FROM orders WHERE id = ?', (string) $tea), 'tea'));
    task('list', fn () => expect($query('SELECT count(*) FROM orders WHERE id IN (?, ?)', $tea, $milk), 2));
    task('array', fn () => expect($query('SELECT count(*) FROM orders WHERE id = ANY(?)', "{{$tea},{$milk}}"), 2));
    task('time', fn () => expect($query('SELECT count(*) > 1 FROM orders WHERE ' . since(), HOUR_AGO), true));
    task('null', function () use ($query) {
        $query("INSERT INTO orders (item, parent_id) VALUES ('none', ?)", null);
        expect($query("SELECT parent_id FROM orders WHERE item = 'none' AND parent_id IS NULL"), null);
    });
    task('relation', function () use ($query, &$tea, &$milk) {
        expect($query("INSERT INTO orders (item, parent_id) VALUES ('sugar', ?) RETURNING parent_id", $tea), $tea);
        $query('UPDATE orders SET parent_id = ? WHERE id = ?', $tea, $milk);
        expect($query('SELECT count(*) FROM orders c JOIN orders p ON p.id = c.parent_id WHERE p.id = ?', $tea), 2);
    });
    task('batch', function () use ($query, &$tea) {
        $numbers = [$query('SELECT snowflake_nextval()'), $query('SELECT snowflake_nextval()')];
        $query("INSERT INTO orders (id, item, parent_id) VALUES (?, 'batch', ?), (?, 'batch', ?)", $numbers[0], $tea, $numbers[1], $tea);
        expect($query("SELECT count(*) FROM orders WHERE item = 'batch'"), 2);
    });
    task('uuidv7', function () use ($query) {
        $id = $query('INSERT INTO payments (amount) VALUES (1) RETURNING id');
        expect($query('SELECT amount FROM payments WHERE id = ?', $id), 1);
    });
    task('ulid', function () use ($query) {
        $id = $query("INSERT INTO notes (body) VALUES ('a note') RETURNING id");
        expect($query('SELECT body FROM notes WHERE id IN (?)', $id), 'a note');
    });
    json_of(['id' => $tea]);
}
