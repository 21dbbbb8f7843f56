# frozen_string_literal: true

require 'sequel'
require_relative 'tasks'

puts "version Sequel #{Sequel::VERSION}"
DB = Sequel.connect(ENV.fetch('DATABASE_URL'))
DB.extension :pg_array
Sequel.default_timezone = :utc

if HELP
  # snippet: numbers
  oid, array_oid = DB["SELECT 'snowflake'::regtype::oid, 'snowflake[]'::regtype::oid AS array"].first.values
  DB.add_conversion_proc(oid) { |text| text.to_i }
  DB.register_array_type('snowflake', oid: array_oid, scalar_oid: oid)
  # end
end
task('create') { DB.run(ENV.fetch('CREATE_TABLES')) }

class Order < Sequel::Model
  many_to_one :parent, class: self
  one_to_many :parts, class: self, key: :parent_id
  unrestrict_primary_key
end
class Payment < Sequel::Model; end
class Note < Sequel::Model; end

def text_of(item) = DB['SELECT id::text FROM orders WHERE item = ?', item].get

tea = milk = nil
task('insert') do
  tea = Order.create(item: 'tea')
  milk = Order.create(item: 'milk')
  expect(tea.id.to_s, text_of('tea'))
end
task('given') do
  number = DB.get(Sequel.function(:snowflake_nextval))
  expect(Order.create(id: number, item: 'given').id.to_s, text_of('given'))
end
task('by_id') { expect(Order[tea.id].item, 'tea') }
task('by_number') { expect(Order[tea.id.to_i].item, 'tea') }
task('by_text') { expect(Order[tea.id.to_s].item, 'tea') }
task('list') { expect(Order.where(id: [tea.id, milk.id]).count, 2) }
task('array') { expect(Order.where(item: %w[tea milk]).get(Sequel.function(:array_agg, :id).order(:id)).to_a, [tea.id, milk.id]) }
task('time') do
  # snippet: time
  recent = Order.where { id >= snowflake_lower_bound(HOUR_AGO) }
  # end
  expect(recent.where(item: 'tea').all, [tea])
end
task('null') do
  Order.create(item: 'none', parent_id: nil)
  expect(Order.first(item: 'none', parent_id: nil).parent_id, nil)
end
task('relation') do
  milk.update(parent: tea)
  Order.create(item: 'sugar', parent_id: tea.id)
  expect(Order.where(parent: tea).eager(:parent).all.map(&:parent), [tea, tea])
  expect(milk.refresh.parent_id, tea.id)
end
task('batch') do
  numbers = Array.new(2) { DB.get(Sequel.function(:snowflake_nextval)) }
  DB[:orders].import(%i[id item parent_id], numbers.map { |number| [number, 'batch', tea.id] })
  expect(DB[:orders].where(item: 'batch').order(:id).map { |order| order[:id].to_i }, numbers)
end
task('copy') do
  number = DB.get(Sequel.function(:snowflake_nextval))
  DB.copy_into(:orders, columns: %i[id item parent_id], data: ["#{number}\tcopy\t#{tea.id}\n"])
  expect(Order.first(item: 'copy').id.to_s, number.to_s)
end
task('uuidv7') { expect(Payment[Payment.create(amount: 1).id].amount, 1) }
task('ulid') { expect(Note.where(id: [Note.create(body: 'a note').id]).single_record.body, 'a note') }
json_of({ id: tea.id })
