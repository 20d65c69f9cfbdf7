using System.Text;
using System.Xml;
using System.Xml.Linq;
using System.Xml.Schema;
using Posthorn.Web;
using Posthorn.Web.Help.Device;

namespace Posthorn.Tests.Web.Help;

/// <summary>The profile is a property list, and has the keys that Apple's documentation of com.apple.mail.managed names, with their types.</summary>
public sealed class AppleProfileTests
{
    /// <summary>Key, type, and whether it must be there: Apple, "Device Management", TopLevel.</summary>
    private static readonly (string Key, string Type, bool IsRequired)[] TopLevel =
    [
        ("PayloadType", "string", true), ("PayloadVersion", "integer", true), ("PayloadIdentifier", "string", true), ("PayloadUUID", "string", true),
        ("PayloadDisplayName", "string", false), ("PayloadOrganization", "string", false), ("PayloadDescription", "string", false),
        ("PayloadRemovalDisallowed", "boolean", false), ("PayloadContent", "array", true),
    ];

    /// <summary>The same of the payload com.apple.mail.managed.</summary>
    private static readonly (string Key, string Type, bool IsRequired)[] Mail =
    [
        ("PayloadType", "string", true), ("PayloadVersion", "integer", true), ("PayloadIdentifier", "string", true), ("PayloadUUID", "string", true),
        ("PayloadDisplayName", "string", false), ("EmailAccountDescription", "string", false), ("EmailAccountName", "string", false),
        ("EmailAccountType", "string", true), ("EmailAddress", "string", false), ("IncomingMailServerAuthentication", "string", true),
        ("IncomingMailServerHostName", "string", true), ("IncomingMailServerPortNumber", "integer", false), ("IncomingMailServerUseSSL", "boolean", false),
        ("IncomingMailServerUsername", "string", false), ("IncomingPassword", "string", false), ("OutgoingMailServerAuthentication", "string", true),
        ("OutgoingMailServerHostName", "string", true), ("OutgoingMailServerPortNumber", "integer", false), ("OutgoingMailServerUseSSL", "boolean", false),
        ("OutgoingMailServerUsername", "string", false), ("OutgoingPasswordSameAsIncomingPassword", "boolean", false), ("PreventMove", "boolean", false),
        ("PreventAppSheet", "boolean", false),
    ];

    private static readonly MailAppSettings Settings = new(
        "mx.example.test",
        [new MailAppService("IMAP", "", 143, "STARTTLS, required"), new MailAppService("IMAP", "", 993, "SSL/TLS"), new MailAppService("POP3", "", 995, "SSL/TLS")],
        [new MailAppService("SMTP", "", 587, "STARTTLS, required"), new MailAppService("SMTP", "", 465, "SSL/TLS")], 1);

    [Fact]
    public void It_is_a_property_list_with_the_keys_that_devices_want()
    {
        XDocument profile = Read(new AppleProfile("you@example.test", "You & <Me>", "secret", Settings));
        profile.Validate(Schema(), null);
        XElement top = profile.Root!.Element("dict")!;
        AssertKeys(top, TopLevel);
        XElement mail = Assert.Single(Value(top, "PayloadContent").Elements("dict"));
        AssertKeys(mail, Mail);
        Assert.Equal(
            ["com.apple.mail.managed", "EmailTypeIMAP", "mx.example.test", "993", "you@example.test", "secret", "mx.example.test", "465", "You & <Me>"],
            new[]
            {
                "PayloadType", "EmailAccountType", "IncomingMailServerHostName", "IncomingMailServerPortNumber", "IncomingMailServerUsername", "IncomingPassword",
                "OutgoingMailServerHostName", "OutgoingMailServerPortNumber", "EmailAccountName",
            }.Select(key => Value(mail, key).Value));
        Assert.Equal(("true", "true"), (Value(mail, "IncomingMailServerUseSSL").Name.LocalName, Value(mail, "OutgoingPasswordSameAsIncomingPassword").Name.LocalName));
        Assert.NotEqual(Value(top, "PayloadUUID").Value, Value(mail, "PayloadUUID").Value);
        Assert.StartsWith("test.example.mx.posthorn.", Value(top, "PayloadIdentifier").Value, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_account_has_the_same_identifiers_and_another_one_has_others()
    {
        static string Of(string address, string? password) => Value(Read(new AppleProfile(address, null, password, Settings)).Root!.Element("dict")!, "PayloadUUID").Value;
        Assert.Equal(Of("you@example.test", "one"), Of("you@example.test", "two"));
        Assert.NotEqual(Of("you@example.test", "one"), Of("friend@example.test", "one"));
    }

    [Fact]
    public void Without_IMAP_it_is_POP_and_without_a_way_to_send_there_is_none()
    {
        MailAppSettings pop = Settings with { Incoming = [Settings.Incoming[2]] };
        XElement mail = Value(Read(new AppleProfile("you@example.test", null, null, pop)).Root!.Element("dict")!, "PayloadContent").Element("dict")!;
        Assert.Equal(("EmailTypePOP", "995"), (Value(mail, "EmailAccountType").Value, Value(mail, "IncomingMailServerPortNumber").Value));
        Assert.DoesNotContain(mail.Elements("key"), static key => key.Value == "IncomingPassword");
        Assert.False(AppleProfile.IsPossible(Settings with { Outgoing = [] }));
        Assert.False(AppleProfile.IsPossible(Settings with { Incoming = [] }));
    }

    [Fact]
    public void Its_password_is_not_in_its_name() =>
        Assert.DoesNotContain("secret", new AppleProfile("you@example.test", null, "secret", Settings).ToString(), StringComparison.Ordinal);

    private static void AssertKeys(XElement dict, (string Key, string Type, bool IsRequired)[] known)
    {
        string[] keys = [.. dict.Elements("key").Select(static key => key.Value)];
        Assert.Equal(keys.Length, keys.Distinct().Count());
        Assert.Empty(keys.Except(known.Select(static entry => entry.Key)));
        Assert.Empty(known.Where(static entry => entry.IsRequired).Select(static entry => entry.Key).Except(keys));
        Assert.All(keys, key =>
        {
            string name = Value(dict, key).Name.LocalName;
            Assert.Equal(known.Single(entry => entry.Key == key).Type, name is "true" or "false" ? "boolean" : name);
        });
    }

    private static XElement Value(XElement dict, string key) => (XElement)dict.Elements("key").Single(element => element.Value == key).NextNode!;

    private static XDocument Read(AppleProfile profile)
    {
        using var reader = XmlReader.Create(new MemoryStream(profile.Encode()), new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore, IgnoreWhitespace = true });
        return XDocument.Load(reader);
    }

    /// <summary>PropertyList-1.0.dtd as a schema, as far as a schema can say it: the order of key and value is the test's.</summary>
    private static XmlSchemaSet Schema()
    {
        const string Text = """
            <xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
              <xs:group name="value"><xs:choice>
                <xs:element ref="dict"/><xs:element name="array" type="array"/><xs:element name="string" type="xs:string"/><xs:element name="integer" type="xs:integer"/>
                <xs:element name="true" type="empty"/><xs:element name="false" type="empty"/><xs:element name="data" type="xs:base64Binary"/>
              </xs:choice></xs:group>
              <xs:complexType name="empty"/>
              <xs:complexType name="array"><xs:sequence><xs:group ref="value" minOccurs="0" maxOccurs="unbounded"/></xs:sequence></xs:complexType>
              <xs:element name="dict"><xs:complexType><xs:sequence minOccurs="0" maxOccurs="unbounded">
                <xs:element name="key" type="xs:string"/><xs:group ref="value"/>
              </xs:sequence></xs:complexType></xs:element>
              <xs:element name="plist"><xs:complexType><xs:sequence><xs:element ref="dict"/></xs:sequence><xs:attribute name="version" fixed="1.0" use="required"/></xs:complexType></xs:element>
            </xs:schema>
            """;
        var schemas = new XmlSchemaSet();
        schemas.Add("", XmlReader.Create(new MemoryStream(Encoding.UTF8.GetBytes(Text))));
        return schemas;
    }
}
