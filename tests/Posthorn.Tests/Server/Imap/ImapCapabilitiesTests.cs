using Posthorn.Server.Imap;

namespace Posthorn.Tests.Server.Imap;

public sealed class ImapCapabilitiesTests
{
    [Fact]
    public void Every_capability_has_its_commands_in_the_table()
    {
        HashSet<string> known = [.. ImapCommandTable.Rows.Select(row => row.Name)];
        Assert.Empty(ImapCapabilities.All.SelectMany(capability => capability.Commands.Where(command => !known.Contains(command))
            .Select(command => $"{capability.Name} needs {command}")));
    }

    [Fact]
    public void Every_capability_says_where_it_is_defined() =>
        Assert.All(ImapCapabilities.All, capability => Assert.Matches(@"^RFC \d+( §[\d.]+)?$", capability.Source));

    [Fact]
    public void No_capability_is_listed_twice() =>
        Assert.Equal(ImapCapabilities.All.Count, ImapCapabilities.All.DistinctBy(capability => capability.Name).Count());

    [Theory]
    [InlineData("fetch", "FETCH")]
    [InlineData("UID Fetch", "UID FETCH")]
    public void A_name_is_found_in_either_case(string name, string row) =>
        Assert.Equal(row, ImapCommandTable.Find(System.Text.Encoding.ASCII.GetBytes(name))?.Name);

    [Theory]
    [InlineData("")]
    [InlineData("UID")]
    [InlineData("UID  FETCH")]
    [InlineData("UID NOOP")]
    [InlineData("FETCHFETCHFETCHFETCHFETCHFETCH")]
    public void Other_names_are_not_found(string name) => Assert.Null(ImapCommandTable.Find(System.Text.Encoding.ASCII.GetBytes(name)));
}
