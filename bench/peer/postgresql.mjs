// What oidc-provider keeps, in PostgreSQL: a row for each of its models, and prepared statements.
import pg from 'pg';

const CONNECTIONS = 8;

// The adapter class that oidc-provider makes an object of for each kind of model. Makes the table in an empty database.
export default async function adapterFor(connectionString) {
  const pool = new pg.Pool({ connectionString, max: CONNECTIONS });
  await pool.query(`CREATE TABLE kept (
    kind text NOT NULL, id text NOT NULL, payload jsonb NOT NULL, grant_id text, uid text,
    expires_at timestamptz, consumed_at timestamptz, PRIMARY KEY (kind, id))`);
  await pool.query('CREATE INDEX kept_grant ON kept (grant_id) WHERE grant_id IS NOT NULL');
  await pool.query('CREATE INDEX kept_uid ON kept (uid) WHERE uid IS NOT NULL');

  const run = (name, text, values) => pool.query({ name, text, values });
  const one = ({ rows: [row] }) => row && { ...row.payload, ...(row.consumed_at && { consumed: true }) };

  return class PostgresqlAdapter {
    constructor(kind) {
      this.kind = kind;
    }

    async upsert(id, payload, expiresIn) {
      const expires = expiresIn ? new Date(Date.now() + expiresIn * 1000) : null;
      await run(
        'upsert',
        `INSERT INTO kept (kind, id, payload, grant_id, uid, expires_at) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (kind, id) DO UPDATE SET payload = excluded.payload, grant_id = excluded.grant_id,
         uid = excluded.uid, expires_at = excluded.expires_at`,
        [this.kind, id, JSON.stringify(payload), payload.grantId ?? null, payload.uid ?? null, expires],
      );
    }

    async find(id) {
      return one(
        await run(
          'find',
          `SELECT payload, consumed_at FROM kept
           WHERE kind = $1 AND id = $2 AND (expires_at IS NULL OR expires_at > now())`,
          [this.kind, id],
        ),
      );
    }

    async findByUid(uid) {
      return one(
        await run('find by uid', 'SELECT payload, consumed_at FROM kept WHERE kind = $1 AND uid = $2', [
          this.kind,
          uid,
        ]),
      );
    }

    async findByUserCode() {
      return undefined; // the device flow is off
    }

    async consume(id) {
      await run('consume', 'UPDATE kept SET consumed_at = now() WHERE kind = $1 AND id = $2', [this.kind, id]);
    }

    async destroy(id) {
      await run('destroy', 'DELETE FROM kept WHERE kind = $1 AND id = $2', [this.kind, id]);
    }

    async revokeByGrantId(grant) {
      await run('revoke', 'DELETE FROM kept WHERE kind = $1 AND grant_id = $2', [this.kind, grant]);
    }
  };
}
