// Keys of Hibernate's pooled-lo optimizer, whose blocks come from a segment: two applications, each of which hands out the
// numbers of its blocks itself, beside sessions that call nextval() and segment_nextval().

import java.io.Serializable;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.persistence.Entity;
import javax.persistence.GeneratedValue;
import javax.persistence.Id;
import org.hibernate.Session;
import org.hibernate.SessionFactory;
import org.hibernate.annotations.GenericGenerator;
import org.hibernate.annotations.Parameter;
import org.hibernate.cfg.Configuration;

public class HibernateSegments {
    static final int BLOCK = 50;

    // snippet: entity
    @Entity(name = "invoice_lines")
    @GenericGenerator(name = "lines", strategy = "org.hibernate.id.enhanced.SequenceStyleGenerator", parameters = {
        @Parameter(name = "sequence_name", value = "invoice_lines_id"),
        @Parameter(name = "increment_size", value = "50"),
        @Parameter(name = "optimizer", value = "pooled-lo")})
    public static class Line {
        @Id @GeneratedValue(generator = "lines") private Long id;
        private String product;
        // end

        protected Line() {}

        Line(String product) { this.product = product; }
    }

    static String url() {
        return "jdbc:postgresql://" + env("PGHOST") + ":" + env("PGPORT") + "/" + env("PGDATABASE");
    }

    static String env(String name) { return System.getenv(name); }

    static SessionFactory application() {
        return new Configuration().addAnnotatedClass(Line.class)
            .setProperty("hibernate.dialect", "org.hibernate.dialect.PostgreSQLDialect")
            .setProperty("hibernate.connection.driver_class", "org.postgresql.Driver")
            .setProperty("hibernate.connection.url", url())
            .setProperty("hibernate.connection.username", env("PGUSER"))
            .setProperty("hibernate.connection.password", env("PGPASSWORD"))
            .setProperty("hibernate.bytecode.use_reflection_optimizer", "false")
            .buildSessionFactory();
    }

    static List<Long> insert(SessionFactory application, int rows) {
        List<Long> ids = new ArrayList<>();
        Session session = application.openSession();
        session.beginTransaction();
        for (int row = 0; row < rows; row++) {
            Serializable id = session.save(new Line("tea"));
            ids.add((Long) id);
        }
        session.getTransaction().commit();
        session.close();
        return ids;
    }

    static List<Long> numbers(Statement statement, String sql) throws Exception {
        List<Long> numbers = new ArrayList<>();
        try (ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                numbers.add(rows.getLong(1));
            }
        }
        return numbers;
    }

    interface Task { void run() throws Exception; }

    static void task(String name, Task task) {
        try {
            task.run();
            System.out.println("ok " + name);
        } catch (Throwable error) {
            System.out.println("not ok " + name + " # " + String.valueOf(error).split("\n")[0]);
            error.printStackTrace();
        }
    }

    static void expect(Object got, Object expected) {
        if (!got.equals(expected)) {
            throw new IllegalStateException(got + " where " + expected + " was expected");
        }
    }

    // Each draws a block for itself: of nextval() and segment_nextval() the whole block is theirs, too.
    static void beside(SessionFactory one, SessionFactory other, Statement statement) throws Exception {
        Set<Long> blocks = new HashSet<>();
        List<Long> ids = new ArrayList<>();
        for (int turn = 0; turn < 5; turn++) {
            ids.addAll(insert(one, 2 * BLOCK + 1));
            blocks.addAll(numbers(statement, "SELECT nextval('invoice_lines_id')"));
            ids.addAll(insert(other, 2 * BLOCK + 1));
            blocks.addAll(numbers(statement, "SELECT segment_nextval('invoice_lines_id') FROM generate_series(1, 2)"));
        }
        expect(new HashSet<>(ids).size(), ids.size());
        expect(blocks.size(), 15);
        for (long id : ids) {
            expect(blocks.contains(id - (id - 1) % BLOCK), false);
        }
        expect(numbers(statement, "SELECT count(*) FROM invoice_lines").get(0), (long) ids.size() + 1);
    }

    public static void main(String[] arguments) throws Exception {
        System.out.println("version Hibernate " + arguments[0]);
        try (Connection connection = DriverManager.getConnection(url(), env("PGUSER"), env("PGPASSWORD"));
             Statement statement = connection.createStatement()) {
            task("create", () -> {
                statement.execute("CREATE SEQUENCE invoice_lines_id INCREMENT BY " + BLOCK);
                statement.execute("CREATE TABLE invoice_lines (id bigint PRIMARY KEY, product text)");
            });
            task("insert", () -> {
                SessionFactory one = application(), other = application();
                expect(insert(one, 1).get(0), 1L);
                beside(one, other, statement);
                one.close();
                other.close();
            });
        }
    }
}
