# frozen_string_literal: true

require 'logger'
require 'active_record'
require 'stringio'
require_relative 'tasks'
require 'rails/idgen' if HELP && ID_TYPE == 'snowflake'

puts "version ActiveRecord #{ActiveRecord.version}"
HELPED = HELP && ID_TYPE == 'snowflake'
ActiveRecord::Base.establish_connection(ENV.fetch('DATABASE_URL'))
ActiveRecord::Migration.verbose = false
DB = ActiveRecord::Base.connection

# snippet: models
class Order < ActiveRecord::Base
  belongs_to :parent, class_name: 'Order', optional: true
  has_many :parts, class_name: 'Order', foreign_key: :parent_id
end
# end

if HELPED
  # snippet: helpers
  Order.include Idgen::JsonStrings
  Order.extend Idgen::Issued
  # end
end

class Payment < ActiveRecord::Base; end
class Note < ActiveRecord::Base; end

def text_of(item) = DB.select_value("SELECT id::text FROM orders WHERE item = '#{item}'")

# The tables as a migration makes them, with the default that an application wants.
def migrate
  DB.execute('DROP TABLE orders')
  # snippet: migration
  ActiveRecord::Schema.define do
    create_table :orders, id: :snowflake, default: -> { 'snowflake_nextval()' } do |t|
      t.text :item
      t.references :parent, type: :snowflake, foreign_key: { to_table: :orders }
    end
  end
  # end
end

tea = milk = nil
task('create') do
  DB.execute(ENV.fetch('CREATE_TABLES'))
  migrate if HELPED
end
[Order, Payment, Note].each(&:reset_column_information)
task('insert') do
  tea = Order.create!(item: 'tea')
  milk = Order.create!(item: 'milk')
  expect(tea.id.to_s, text_of('tea'))
  expect(Order.find_by!(item: 'tea').id, tea.id)
end
task('given') do
  number = DB.select_value('SELECT snowflake_nextval()')
  expect(Order.create!(id: number, item: 'given').id.to_s, text_of('given'))
end
task('by_id') { expect(Order.find(tea.id).item, 'tea') }
task('by_number') { expect(Order.find(tea.id.to_i).item, 'tea') }
task('by_text') { expect(Order.find(tea.id.to_s).item, 'tea') }
task('list') { expect(Order.where(id: [tea.id, milk.id]).count, 2) }
task('time') do
  recent =
    if HELPED
      # snippet: time
      Order.issued(HOUR_AGO..)
      # end
    else
      Order.where('id >= snowflake_lower_bound(?)', HOUR_AGO)
    end
  expect(recent.where(item: 'tea').to_a, [tea])
  expect(Order.issued(..HOUR_AGO).count, 0) if HELPED
end
task('null') do
  Order.create!(item: 'none', parent: nil)
  expect(Order.find_by!(item: 'none', parent_id: nil).parent_id, nil)
end
task('relation') do
  milk.update!(parent: tea)
  Order.create!(item: 'sugar', parent_id: tea.id)
  expect(Order.includes(:parent).where(parent_id: tea.id).map(&:parent), [tea, tea])
  expect(tea.parts.preload(:parts).size, 2)
  expect(milk.reload.parent_id, tea.id)
end
task('batch') do
  numbers = Array.new(2) { DB.select_value('SELECT snowflake_nextval()') }
  Order.insert_all!(numbers.map { |number| { id: number, item: 'batch', parent_id: tea.id } })
  expect(Order.where(item: 'batch').order(:id).map { |order| order.id.to_i }, numbers)
  expect(Order.insert_all!([{ item: 'more' }, { item: 'more' }]).rows.flatten.uniq.size, 2)
end
# What db:schema:dump writes, and db:schema:load makes of it.
task('schema') do
  dump = StringIO.new
  pool = ActiveRecord::Base.connection_pool
  ActiveRecord::SchemaDumper.dump(pool.respond_to?(:migration_context) && ActiveRecord.version >= Gem::Version.new('7.2') ? pool : DB, dump)
  missing = dump.string[/^# Could not dump table.*\n.*/]
  raise missing.tr("\n", ' ') if missing

  columns = -> { DB.select_rows("SELECT column_name, udt_name, column_default FROM information_schema.columns WHERE table_name = 'orders' ORDER BY 1") }
  before = columns.call
  DB.execute('DROP TABLE orders, payments, notes CASCADE')
  eval(dump.string) # rubocop:disable Security/Eval
  expect(columns.call, before)
  Order.create!(item: 'after')
end
task('uuidv7') { expect(Payment.find(Payment.create!(amount: 1).id).amount, 1) }
task('ulid') { expect(Note.where(id: [Note.create!(body: 'a note').id]).sole.body, 'a note') }
json_of(tea)
