using System.Globalization;

namespace Posthorn.ProtocolTests.Durability;

/// <summary>How many kills a run makes, and what decides their moments.</summary>
internal static class KillPlan
{
    /// <summary>In all; each kind of test takes its share.</summary>
    public static int Kills { get; } = Setting("KILLS", 50);

    public static int Seed { get; } = Setting("KILL_SEED", 20_261_124);

    private static int Setting(string name, int usual) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out int set) ? set : usual;
}
