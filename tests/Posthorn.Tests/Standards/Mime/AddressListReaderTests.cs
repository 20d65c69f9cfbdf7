using System.Text;
using CsCheck;
using MimeKit;
using Posthorn.Standards.Mime;

namespace Posthorn.Tests.Standards.Mime;

public sealed class AddressListReaderTests
{
    [Theory]
    // RFC 5322 §A.1
    [InlineData("John Doe <jdoe@machine.example>", "John Doe||jdoe|machine.example")]
    [InlineData("\"Joe Q. Public\" <john.q.public@example.com>", "Joe Q. Public||john.q.public|example.com")]
    [InlineData("Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>", "Mary Smith||mary|x.test / ||jdoe|example.org / Who?||one|y.test")]
    [InlineData("<boss@nil.test>, \"Giant; \\\"Big\\\" Box\" <sysservices@example.net>", "||boss|nil.test / Giant; \"Big\" Box||sysservices|example.net")]
    [InlineData("A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;", "{A Group / Ed Jones||c|a.test / ||joe|where.test / John||jdoe|one.test / }")]
    [InlineData("Undisclosed recipients:;", "{Undisclosed recipients / }")]
    // RFC 5322 §A.5
    [InlineData("Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>", "Pete||pete|silly.test")]
    [InlineData("A Group(Some people)\r\n     :Chris Jones <c@(Chris's host.)public.example>,\r\n joe@example.org,\r\n  John <jdoe@one.test> (my dear friend); (the end of the group)",
        "{A Group / Chris Jones||c|public.example / ||joe|example.org / John||jdoe|one.test / }")]
    [InlineData("(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;", "{Hidden recipients / }")]
    // RFC 5322 §A.6.1
    [InlineData("Joe Q. Public <john.q.public@example.com>", "Joe Q. Public||john.q.public|example.com")]
    [InlineData("Mary Smith <@node.test:mary@example.net>, , jdoe@test  . example", "Mary Smith|@node.test|mary|example.net / ||jdoe|test.example")]
    [InlineData("<@a.test, @b.test : c@d.test>", "|@a.test,@b.test|c|d.test")]
    // Found in the wild
    [InlineData("ann@example.org (Ann (really) Lee)", "Ann (really) Lee||ann|example.org")]
    [InlineData("\"Ann Lee\"@example.org", "||Ann Lee|example.org")]
    [InlineData("ann@[192.0.2.1]", "||ann|[192.0.2.1]")]
    [InlineData("ann @ example.org", "||ann|example.org")]
    [InlineData("Ann Lee ann@example.org", "Ann Lee||ann|example.org")]
    [InlineData("ann@example.org Ann Lee", "Ann Lee||ann|example.org")]
    [InlineData("Ann <ann@example.org", "Ann||ann|example.org")]
    [InlineData("Ann <ann@example.org, Bob <bob@example.org>", "Ann||ann|example.org / Bob||bob|example.org")]
    [InlineData("Ann <ann@example.org> Bob <bob@example.org>", "Ann||ann|example.org / Bob||bob|example.org")]
    [InlineData("ann@example.org; bob@example.org;", "||ann|example.org / ||bob|example.org")]
    [InlineData("\"Ann <ann@example.org>", "Ann||ann|example.org")]
    [InlineData("root", "||root|")]
    [InlineData("Root (System)", "System||Root|")]
    [InlineData("Ann Lee", "Ann Lee|||")]
    [InlineData("Ann <>", "Ann|||")]
    [InlineData("a@b@c.test", "||a@b|c.test")]
    [InlineData("=?utf-8?q?J=C3=BCrgen?= <j@example.org>", "=?utf-8?q?J=C3=BCrgen?=||j|example.org")]
    [InlineData("Jürgen <jürgen@exämple.org>", "Jürgen||jürgen|exämple.org")]
    [InlineData("\"a\r\n b\" <a@b.test>", "a b||a|b.test")]
    [InlineData("", "")]
    [InlineData(" , ;, ", "")]
    [InlineData("<>", "")]
    [InlineData("(only a comment)", "")]
    [InlineData("(never closed", "")]
    public void Reads(string value, string expected) => Assert.Equal(expected, Read(Encoding.UTF8.GetBytes(value)));

    [Fact]
    public void Stops_at_the_limit()
    {
        byte[] value = Encoding.UTF8.GetBytes(string.Join(',', Enumerable.Repeat("a@b", MimeLimits.Addresses + 100)));

        Assert.Equal(MimeLimits.Addresses, Read(value).Split(" / ").Length);
    }

    // At this length whatever is searched for from each place to the end takes minutes.
    [Theory]
    [InlineData("a@", "[", "", 1)]
    [InlineData("", "<@,", "", 0)]
    [InlineData("", "<@,", ">", 0)]
    [InlineData("", "<@,", ":", 0)]
    [InlineData("", "\"\"(", "", 0)]
    public void Takes_time_by_the_length_of_the_field_and_not_by_its_square(string start, string again, string end, int entries)
    {
        byte[] value = Encoding.ASCII.GetBytes(start + string.Concat(Enumerable.Repeat(again, 2 << 20)) + end);
        var reader = new AddressListReader(value, new byte[value.Length]);
        int read = 0;
        while (reader.Read())
        {
            read++;
        }

        Assert.InRange(read, entries, entries + 1);
    }

    [Fact]
    public void Any_octets_end_and_every_group_ends() => MimeGen.Octets.Sample(octets =>
    {
        var reader = new AddressListReader(octets, new byte[octets.Length]);
        int depth = 0;
        while (reader.Read())
        {
            depth += reader.Kind switch { AddressKind.GroupStart => 1, AddressKind.GroupEnd => -1, _ => 0 };
            Assert.InRange(depth, 0, 1);
        }

        Assert.Equal(0, depth);
    });

    [Fact]
    public void Agrees_with_MimeKit_on_well_formed_lists()
    {
        Gen<string> word = Gen.String[Gen.Char["abcdefghijklmnopqrstuvwxyz"], 1, 8];
        Gen<MailboxAddress> address = Gen.Select(word, word, word, Gen.Bool)
            .Select((name, local, domain, named) => new MailboxAddress(named ? name + ", \"" + local + "\" x" : "", $"{local}.{name}@{domain}.example"));
        address.Array[1, 5].Sample(list =>
        {
            string expected = string.Join(" / ", list.Select(one => $"{one.Name}||{one.LocalPart}|{one.Domain}"));
            Assert.Equal(expected, Read(Encoding.UTF8.GetBytes(new InternetAddressList(list).ToString())));
        });
    }

    private static string Read(byte[] value)
    {
        List<string> found = [];
        var reader = new AddressListReader(value, new byte[value.Length]);
        while (reader.Read())
        {
            string mailbox = Encoding.UTF8.GetString(reader.Mailbox);
            found.Add(reader.Kind switch
            {
                AddressKind.GroupStart => "{" + mailbox,
                AddressKind.GroupEnd => "}",
                _ => $"{Encoding.UTF8.GetString(reader.Name)}|{Encoding.UTF8.GetString(reader.Route)}|{mailbox}|{Encoding.UTF8.GetString(reader.Host)}",
            });
        }

        return string.Join(" / ", found);
    }
}
